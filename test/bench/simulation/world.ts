// The clock of the simulation: events in the order of their times, each given to the party that it is for. An event is a number, so that
// millions of them may wait.

import FlatQueue from 'flatqueue'

export interface Party {
  /** Something that was scheduled for it happens now. */
  handle(event: number, nowMs: number): void
}

const mostParties = 4_096

export class World {
  readonly #queue = new FlatQueue()
  readonly #parties: Party[] = []

  /** Gives what the party schedules its own events with. */
  add(party: Party): (atMs: number, event: number) => void {
    const number = this.#parties.length
    if (number >= mostParties) throw new Error(`more than ${mostParties} parties`)
    this.#parties.push(party)
    return (atMs, event) => this.#queue.push(event * mostParties + number, atMs)
  }

  run(untilMs: number): void {
    for (;;) {
      const atMs = this.#queue.peekValue()
      if (atMs === undefined || atMs > untilMs) return
      const code = this.#queue.pop() ?? 0
      this.#parties[code % mostParties]?.handle(Math.floor(code / mostParties), atMs)
    }
  }
}
