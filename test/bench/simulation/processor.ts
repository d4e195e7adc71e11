// Something that does one piece of work after the other: the core that an event loop runs on, or the line that bytes go over.

export class Processor {
  /** Since the beginning. */
  busyMs = 0
  #freeAtMs = 0

  /** When it is done with what has come at `nowMs`. */
  run(nowMs: number, costMs: number): number {
    this.busyMs += costMs
    this.#freeAtMs = Math.max(this.#freeAtMs, nowMs) + costMs
    return this.#freeAtMs
  }

  /** What comes at `nowMs` is begun then. */
  begins(nowMs: number): number {
    return Math.max(this.#freeAtMs, nowMs)
  }
}
