// Puts one program on the roll that knows nothing of it: around the program, which it starts, or beside it. Promises that the program is on
// the roll only once its checks have passed, that it has left the roll before it is told to end, and that its exit code is the agent's.

import type { Check, CheckStatus, Clock, JoinLog, Membership, Probe } from '../../messaging/index.ts'
import type { Program } from './program.ts'
import { openCheck } from '../../messaging/index.ts'

export interface AgentOptions {
  /** Undefined: the program is somebody else's, and the agent stands beside it. */
  readonly program: Program | undefined
  /** Each of them has to pass. */
  readonly probes: readonly Probe[]
  readonly timing: {
    readonly intervalMs: number
    readonly timeoutMs: number
    readonly rise: number
    readonly fall: number
  }
  /** Puts the program on the roll. */
  readonly join: () => Promise<Membership>
  /** Connections to it now; undefined where nobody can tell. */
  readonly connections: () => number | undefined
  /** From the signal to end until the program is killed; half of it at most for what is in flight to end first. */
  readonly graceMs: number
  readonly clock: Clock
  readonly log: JoinLog
}

export interface Agent {
  /** The exit code of the program, once everything is in order. Rejects with what join() fails with. */
  readonly ended: Promise<number>
  /** Leaves the roll, lets what is in flight end, and then passes the signal on. A second one is passed on at once. */
  end(signal: NodeJS.Signals): void
}

/** Between looks at what is still in flight. */
const drainLookMs = 100
/** A client that was given the address just before may still be connecting. */
const latecomersMs = 100
/** After this someone should know that it is not on the roll yet. */
const unopenedMs = 10_000

export function startAgent(options: AgentOptions): Agent {
  const agent = new RunningAgent(options)
  return { ended: agent.run(), end: (signal) => agent.end(signal) }
}

class RunningAgent {
  readonly #options: AgentOptions
  readonly #checks: Check[]
  readonly #failed: Promise<never>
  #fail: (error: unknown) => void = () => {}
  #membership: Membership | undefined
  #joining: Promise<void> | undefined
  #endSignal: NodeJS.Signals | undefined
  #wakeEnd: () => void = () => {}
  readonly #endAsked: Promise<void>
  #stopUnopened: () => void

  constructor(options: AgentOptions) {
    this.#options = options
    const { probes, timing, clock, log } = options
    this.#failed = new Promise((_resolve, reject) => (this.#fail = reject))
    this.#endAsked = new Promise((resolve) => (this.#wakeEnd = resolve))
    this.#checks = probes.map((probe) => this.#openCheck(probe, { ...timing, clock }))
    this.#stopUnopened = clock.after(unopenedMs, () =>
      log.warn(this.#describe(), 'not on the roll yet: its checks have not passed'),
    )
  }

  async run(): Promise<number> {
    const { program } = this.#options
    try {
      await Promise.race([this.#endAsked, this.#failed, ...(program ? [program.ended] : [])])
    } catch (error) {
      // What cannot be put on the roll is not left running behind a failed agent.
      this.#close()
      program?.send('SIGTERM')
      await program?.ended
      throw error
    }
    return this.#finish()
  }

  end(signal: NodeJS.Signals): void {
    if (this.#endSignal) this.#options.program?.send(signal)
    this.#endSignal ??= signal
    this.#wakeEnd()
  }

  async #finish(): Promise<number> {
    const { program, log, clock, graceMs } = this.#options
    const startedAtMs = clock.nowMs()
    this.#close()
    await this.#joining
    await this.#membership?.leave()
    if (!program) return 0
    if (program.hasEnded || this.#endSignal === undefined) {
      // Callers have found that out as well: nothing to wait for.
      const code = await program.ended
      log.info({ code }, 'the program has ended')
      return code
    }
    if (this.#membership) await this.#drain(program, startedAtMs + graceMs / 2)
    program.send(this.#endSignal)
    const stopKill = clock.after(Math.max(0, startedAtMs + graceMs - clock.nowMs()), () => {
      log.warn({ graceMs }, 'killed: the program did not end within SERVICE_GRACE')
      program.send('SIGKILL')
    })
    const code = await program.ended
    stopKill()
    log.info({ code }, 'the program has ended')
    return code
  }

  /** Until nobody is connected any more, the time is over, or the program has ended by itself. */
  async #drain(program: Program, untilMs: number): Promise<void> {
    const { clock, connections, log } = this.#options
    await this.#pause(latecomersMs)
    for (;;) {
      const left = connections() ?? 0
      if (left === 0 || program.hasEnded) return
      if (clock.nowMs() >= untilMs) return log.warn({ connections: left }, 'stopped with connections open')
      await this.#pause(drainLookMs)
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#options.clock.after(ms, resolve))
  }

  #openCheck(probe: Probe, timing: AgentOptions['timing'] & { readonly clock: Clock }): Check {
    return openCheck({
      ...timing,
      probe,
      onChange: ({ status, reason }) => {
        this.#options.log.info({ status, ...(reason && { reason }) }, 'check')
        this.#tell()
      },
    })
  }

  #tell(): void {
    const status = worst(this.#checks.map((check) => check.state.status))
    if (this.#membership) this.#membership.update({ status })
    else if (status !== 'critical' && !this.#joining && this.#endSignal === undefined) this.#joining = this.#join()
  }

  async #join(): Promise<void> {
    try {
      this.#membership = await this.#options.join()
      this.#stopUnopened()
      // It may have changed meanwhile.
      if (this.#endSignal === undefined) this.#tell()
    } catch (error) {
      this.#fail(error)
    }
  }

  #describe(): object {
    const reasons = this.#checks.map((check) => check.state.reason).filter((reason) => reason !== '')
    return { reason: reasons.join('; ') }
  }

  #close(): void {
    this.#stopUnopened()
    for (const check of this.#checks) check.close()
  }
}

function worst(statuses: readonly CheckStatus[]): CheckStatus {
  return (['critical', 'warning'] as const).find((status) => statuses.includes(status)) ?? 'passing'
}
