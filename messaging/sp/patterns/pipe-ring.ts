// The pipes of a socket that gives each message to one of them: in turn among those of the first priority that has room. The
// next priority is used only when no pipe of an earlier one can be written to.

import type { CarrierPipe } from './pattern-socket.ts'

interface Level<P> {
  readonly priority: number
  readonly pipes: P[]
  turn: number
}

export class PipeRing<P extends CarrierPipe> {
  readonly #maxQueuedBytes: number
  /** Sorted by priority; mostly there is one. */
  readonly #levels: Level<P>[] = []

  constructor(maxQueuedBytes: number) {
    this.#maxQueuedBytes = maxQueuedBytes
  }

  add(pipe: P): void {
    let level = this.#levels.find(({ priority }) => priority === pipe.priority)
    if (!level) {
      level = { priority: pipe.priority, pipes: [], turn: 0 }
      this.#levels.push(level)
      this.#levels.sort((a, b) => a.priority - b.priority)
    }
    level.pipes.push(pipe)
  }

  remove(pipe: P): void {
    for (const level of this.#levels) {
      const at = level.pipes.indexOf(pipe)
      if (at >= 0) level.pipes.splice(at, 1)
    }
  }

  hasRoom(pipe: P): boolean {
    return pipe.carrier.queuedBytes < this.#maxQueuedBytes
  }

  /** The next pipe in turn that has room. */
  next(): P | undefined {
    for (const level of this.#levels) {
      const { pipes } = level
      for (let tried = 0; tried < pipes.length; tried += 1) {
        level.turn = (level.turn + 1) % pipes.length
        const pipe = pipes[level.turn]
        if (pipe && this.hasRoom(pipe)) return pipe
      }
    }
    return undefined
  }
}
