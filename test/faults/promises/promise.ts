// What a promise is to the checker: a sentence, and a pure function that says where a history breaks it, and how often it was tried.

import type { History } from '../history.ts'

export interface Violation {
  readonly promise: string
  readonly atMs: number
  readonly message: string
}

export interface Verdict {
  /** How many times the history tried it: a promise that was not tried was not kept either. */
  readonly checks: number
  readonly violations: readonly Violation[]
}

export interface FleetPromise {
  /** As its file. */
  readonly name: string
  /** What is promised, for the report. */
  readonly promises: string
  check(history: History): Verdict
}

/** Collects what one promise finds. */
export class Findings {
  checks = 0
  readonly #promise: string
  readonly #violations: Violation[] = []

  constructor(promise: string) {
    this.#promise = promise
  }

  /** One check; `describe` is asked only where it failed. */
  check(isKept: boolean, atMs: number, describe: () => string): void {
    this.checks += 1
    if (!isKept) this.#violations.push({ promise: this.#promise, atMs, message: describe() })
  }

  get verdict(): Verdict {
    return { checks: this.checks, violations: this.#violations }
  }
}
