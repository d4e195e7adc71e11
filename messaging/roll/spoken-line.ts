// One line of what a process says of itself: its text, by the host that stands in it, since daemons may see this machine under
// different addresses.

import type { OwnLine } from './own-line.ts'
import { formatLine } from './answer.ts'

export class SpokenLine {
  readonly #texts = new Map<string, string>()
  #line: OwnLine

  constructor(line: OwnLine) {
    this.#line = line
  }

  get service(): string {
    return this.#line.service
  }

  get id(): string {
    return this.#line.id
  }

  /** It gives no host of its own. */
  get needsHost(): boolean {
    return this.#line.host === ''
  }

  /** False when that comes to the same bytes. */
  change(line: OwnLine): boolean {
    const before = this.text('')
    this.#line = line
    this.#texts.clear()
    return this.text('') !== before
  }

  /** Its own host, or else this one. */
  hostFrom(seenHost: string): string {
    return this.needsHost ? seenHost : this.#line.host
  }

  text(seenHost: string): string {
    const host = this.hostFrom(seenHost)
    let text = this.#texts.get(host)
    if (text === undefined) {
      text = formatLine({ provider: { ...this.#line, host } })
      this.#texts.set(host, text)
    }
    return text
  }
}
