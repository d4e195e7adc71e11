// Answers between the pipe that they came on and the loop that reads them: in order, bounded in bytes, ended by the round.

import type { SurveyAnswer } from '../engine.ts'

export class AnswerQueue {
  readonly #maxBytes: number
  #answers: SurveyAnswer[] = []
  #bytes = 0
  #isEnded = false
  #wake: (() => void) | undefined

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** False when there is no room: the answer is not kept. */
  push(answer: SurveyAnswer): boolean {
    if (this.#bytes + answer.body.length > this.#maxBytes) return false
    this.#bytes += answer.body.length
    this.#answers.push(answer)
    this.#wake?.()
    return true
  }

  ended(): this {
    this.#isEnded = true
    this.#wake?.()
    return this
  }

  async *iterate(): AsyncGenerator<SurveyAnswer, void, undefined> {
    for (;;) {
      const ready = this.#answers
      this.#answers = []
      for (const answer of ready) {
        this.#bytes -= answer.body.length
        yield answer
      }
      if (this.#answers.length > 0) continue
      if (this.#isEnded) return
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}
