// What the registry remembers of one pipe: which entries it speaks for, by the text of their lines.

import type { RollEntry } from './roll-entry.ts'
import type { RollPipe } from './registry.ts'

export class PipeRecord {
  readonly pipe: RollPipe
  /** The entries that this pipe speaks for, by the static text of their lines. */
  readonly byText = new Map<string, RollEntry>()
  /** Answers read from it; tells who was named by the latest. */
  answers = 0
  /** Rounds in a row that it gave no answer to. */
  misses = 0

  constructor(pipe: RollPipe) {
    this.pipe = pipe
  }
}
