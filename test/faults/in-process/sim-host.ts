// A host of the simulated network: one process with its own sense of time, which stops when it is stopped. What became due meanwhile runs
// first when it goes on, and then it reads what came: so does a process after SIGSTOP and SIGCONT.

import type { Clock } from '../../../messaging/sp/clock.ts'
import type { Engine } from '../../../messaging/sp/engine.ts'
import type { SimNetwork } from '../../fixtures/sim-network.ts'
import type { Random } from '../random.ts'
import { createSpEngine } from '../../../messaging/sp/engines/sp.ts'

export interface SimPlace {
  readonly clock: Clock
  readonly network: SimNetwork
  readonly random: Random
}

export class SimHost {
  readonly name: string
  readonly clock: Clock
  readonly engine: Engine
  readonly #place: SimPlace
  #due: (() => void)[] = []
  #state: 'running' | 'paused' | 'dead' = 'running'

  constructor(name: string, place: SimPlace) {
    this.name = name
    this.#place = place
    this.clock = {
      nowMs: () => place.clock.nowMs(),
      after: (delayMs, run) => {
        let isSet = true
        const runOnce = () => {
          if (!isSet) return
          isSet = false
          run()
        }
        const stop = place.clock.after(delayMs, () => this.#run(runOnce))
        return () => {
          isSet = false
          stop()
        }
      },
    }
    this.engine = createSpEngine({
      clock: this.clock,
      random: place.random,
      lookup: (host) => Promise.resolve([host]),
      transports: [place.network.transport(name)],
    })
  }

  get isRunning(): boolean {
    return this.#state === 'running'
  }

  pause(): void {
    if (this.#state !== 'running') return
    this.#state = 'paused'
    this.#place.network.stop(this.name)
  }

  resume(): void {
    if (this.#state !== 'paused') return
    this.#state = 'running'
    const due = this.#due
    this.#due = []
    for (const run of due) run()
    // In a turn of its own, as the kernel's buffers are read.
    this.#place.clock.after(0, () => this.#place.network.resume(this.name))
  }

  /** Without a word to anybody but the kernel's. */
  kill(): void {
    this.#state = 'dead'
    this.#due = []
    this.#place.network.kill(this.name)
    this.#place.network.resume(this.name)
    void this.engine.close()
  }

  #run(run: () => void): void {
    if (this.#state === 'running') run()
    else if (this.#state === 'paused') this.#due.push(run)
  }
}
