// What happens at a time to one who asks: a number, so that millions of them may wait. It says what, to which respondent, and of which question.

/** Each is an event's number modulo how many there may be. */
export const kinds = Object.freeze({
  startRound: 0,
  refill: 1,
  expire: 2,
  arrive: 3,
  hear: 4,
  arriveAlone: 5,
  hearAlone: 6,
  expireAlone: 7,
  close: 8,
  advance: 9,
  hint: 10,
})
const mostKinds = 16

export interface AskerEvent {
  readonly kind: number
  readonly index: number
  /** The number of a round, or of a question to one alone. */
  readonly serial: number
}

export function formatEvent({ kind, index, serial }: AskerEvent, count: number): number {
  return (serial * count + index) * mostKinds + kind
}

export function readEvent(event: number, count: number): AskerEvent {
  const rest = Math.floor(event / mostKinds)
  return { kind: event % mostKinds, index: rest % count, serial: Math.floor(rest / count) }
}
