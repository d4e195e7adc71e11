// One timer for any number of deadlines: a hashed wheel of intrusive lists. Adding and removing cost a few assignments, and most deadlines
// are removed long before they are due. Promises to expire an entry no earlier than its time, and up to a tick later.

import type { Clock } from '../sp/clock.ts'

/** What has a deadline extends this. An entry is in one wheel at most. */
export abstract class Deadline {
  /** On the clock of the wheel. */
  deadlineAtMs = Infinity
  /** The wheel's own. */
  tick = -1
  next: Deadline | undefined
  previous: Deadline | undefined

  /** Called once when the time has come; the entry has been removed. */
  abstract expired(): void
}

/** Fine enough for deadlines of calls between machines. */
const tickMs = 8
const slotCount = 256

export class DeadlineWheel {
  readonly #clock: Clock
  readonly #slots: (Deadline | undefined)[] = Array.from({ length: slotCount }, () => undefined)
  #count = 0
  #doneTick: number
  #armedTick = Infinity
  #stop: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
    this.#doneTick = Math.floor(clock.nowMs() / tickMs)
  }

  add(entry: Deadline, deadlineAtMs: number): void {
    entry.deadlineAtMs = deadlineAtMs
    if (deadlineAtMs === Infinity) return
    const tick = Math.max(Math.ceil(deadlineAtMs / tickMs), this.#doneTick + 1)
    const slot = tick % slotCount
    const head = this.#slots[slot]
    entry.tick = tick
    entry.previous = undefined
    entry.next = head
    if (head) head.previous = entry
    this.#slots[slot] = entry
    this.#count += 1
    // A timer that is set for an entry long removed wakes once for nothing; setting it anew for each call would cost more.
    if (tick < this.#armedTick) this.#arm(tick)
  }

  /** Any number of times. */
  remove(entry: Deadline): void {
    if (entry.tick < 0) return
    const { next, previous } = entry
    if (previous) previous.next = next
    else this.#slots[entry.tick % slotCount] = next
    if (next) next.previous = previous
    entry.tick = -1
    entry.next = undefined
    entry.previous = undefined
    this.#count -= 1
  }

  /** What is still in it does not expire any more. */
  close(): void {
    this.#stop?.()
    this.#armedTick = -Infinity
  }

  #arm(tick: number): void {
    this.#stop?.()
    this.#armedTick = tick
    this.#stop = this.#clock.after(Math.max(0, tick * tickMs - this.#clock.nowMs()), () => this.#run())
  }

  #run(): void {
    const nowTick = Math.floor(this.#clock.nowMs() / tickMs)
    const due: Deadline[] = []
    const from = Math.max(this.#doneTick + 1, nowTick - slotCount + 1)
    for (let tick = from; tick <= nowTick; tick += 1)
      for (let entry = this.#slots[tick % slotCount]; entry; entry = entry.next)
        if (entry.tick <= nowTick) due.push(entry)
    this.#doneTick = Math.max(this.#doneTick, nowTick)
    this.#armedTick = Infinity
    for (const entry of due) {
      // One that expired before may have removed it.
      if (entry.tick < 0) continue
      this.remove(entry)
      entry.expired()
    }
    if (this.#count > 0) this.#armNext(nowTick)
  }

  #armNext(nowTick: number): void {
    for (let tick = nowTick + 1; tick <= nowTick + slotCount; tick += 1)
      if (this.#slots[tick % slotCount]) {
        if (tick < this.#armedTick) this.#arm(tick)
        return
      }
  }
}
