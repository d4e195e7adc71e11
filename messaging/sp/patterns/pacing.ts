// How fast a survey is put to thousands of pipes: DESIGN.md section 3. Answers would otherwise arrive in one burst that
// no receive buffer holds. Pure.

export interface PacingOptions {
  /** Questions that may be unanswered at once. */
  readonly windowQuestions: number
  /** Questions that may follow every `refillEveryMs` whatever came back, so that silent pipes do not stop a round. */
  readonly refillQuestions: number
  readonly refillEveryMs: number
  /** Room for so many, or nothing is asked yet: questions that go out together cost less than each after an answer. */
  readonly batchQuestions: number
}

export const defaultPacing: PacingOptions = Object.freeze({
  windowQuestions: 1_024,
  refillQuestions: 256,
  refillEveryMs: 10,
  batchQuestions: 64,
})

export interface Pacing {
  /** Takes room for one question; false when there is none. */
  take(): boolean
  /** There is room for a batch. */
  readonly isRoomy: boolean
  /** A question was answered, or its pipe left. */
  giveBack(): void
  /** `refillEveryMs` have passed. */
  refill(): void
}

export function createPacing(options: PacingOptions = defaultPacing): Pacing {
  let room = options.windowQuestions
  const giveBack = (questions: number) => {
    room = Math.min(options.windowQuestions, room + questions)
  }
  return {
    take() {
      if (room === 0) return false
      room -= 1
      return true
    },
    get isRoomy() {
      return room >= options.batchQuestions
    },
    giveBack: () => giveBack(1),
    refill: () => giveBack(options.refillQuestions),
  }
}
