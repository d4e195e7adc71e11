// The names that calls have asked for, followed from the first call on so that the next ones are answered at once. Bounded: of too many
// the one that was asked for longest ago is let go.

import type { FollowedName } from './roll-follower.ts'
import { RollcallError } from '../../sp/error.ts'
import { readServiceName } from '../name.ts'

/** Each is one open question at a daemon; a program calls few services. */
const maxNames = 1_000

interface HeldName {
  readonly followed: FollowedName
  lastUse: number
}

export class HeldNames {
  readonly #open: (name: string) => FollowedName
  readonly #names = new Map<string, HeldName>()
  #uses = 0

  constructor(open: (name: string) => FollowedName) {
    this.#open = open
  }

  /** Fails with `NAME_INVALID`. */
  hold(given: string): FollowedName {
    // Most calls say the name as it is, and a name that is held was checked before.
    const held = this.#names.get(given) ?? this.#find(checkName(given))
    held.lastUse = this.#uses += 1
    return held.followed
  }

  /** The names themselves are closed with the roll. */
  close(): void {
    this.#names.clear()
  }

  #find(name: string): HeldName {
    const known = this.#names.get(name)
    if (known) return known
    if (this.#names.size >= maxNames) this.#letGo()
    const held = { followed: this.#open(name), lastUse: 0 }
    this.#names.set(name, held)
    return held
  }

  #letGo(): void {
    const [oldest] = [...this.#names].toSorted(([, a], [, b]) => a.lastUse - b.lastUse)
    if (!oldest) return
    const [name, { followed }] = oldest
    this.#names.delete(name)
    followed.close()
  }
}

/** Fails with `NAME_INVALID`. */
export function checkName(given: string): string {
  const read = readServiceName(given)
  if ('reason' in read) throw new RollcallError('NAME_INVALID', read.reason)
  return read.name
}
