// Iris on the real roll: members as the daemons' feed has them, and this node as lines of one speaker.

import { randomBytes } from 'node:crypto'
import type { OpenKeyring } from '../keys/open-keyring.ts'
import type { FeedInstance } from '../roll/feed-lines.ts'
import type { OwnLine } from '../roll/own-line.ts'
import type { RollFollower } from '../roll/follow/roll-follower.ts'
import type { LineHandle, Speaker } from '../roll/speaker.ts'
import type { GroupKind, Member, Presence, Roster } from './roster.ts'
import { formatProviderAddress } from '../roll/provider-address.ts'

export class FollowedRoster implements Roster {
  readonly #follower: RollFollower

  constructor(follower: RollFollower) {
    this.#follower = follower
  }

  watch(kind: GroupKind, name: string, onMembers: (members: readonly Member[]) => void): () => void {
    const followed = this.#follower.name(name, kind)
    const tell = () => {
      if (followed.isKnown) onMembers(followed.instances.map(readMember))
    }
    followed.onChange(tell)
    tell()
    return () => followed.close()
  }
}

function readMember(instance: FeedInstance): Member {
  const { id, zone, weight, status, state } = instance
  return { id, address: formatProviderAddress(instance), zone, weight, status, state }
}

/** What every line of a node says alike. */
export type NodePlace = Pick<OwnLine, 'id' | 'protocol' | 'host' | 'port' | 'zone' | 'version' | 'weight'>

/** Speaks to the daemons from its first line on: one that is there when it connects is asked for at once. */
export class RollPresence implements Presence {
  /** Random per node; tells a restart from a second pipe. */
  readonly boot = randomBytes(9).toString('base64url')
  readonly #openSpeaker: () => Speaker
  readonly #keyring: OpenKeyring | undefined
  #place: NodePlace | undefined
  #speaker: Speaker | undefined
  #stopGuard: (() => void) | undefined

  constructor(openSpeaker: () => Speaker, keyring: OpenKeyring | undefined) {
    this.#openSpeaker = openSpeaker
    this.#keyring = keyring
  }

  /** The node listens now. */
  isAt(place: NodePlace): void {
    this.#place = place
  }

  enter(kind: GroupKind, name: string): () => void {
    const place = this.#place
    if (!place) return () => {}
    const { boot } = this
    const line: LineHandle = this.#speak().add({
      ...place,
      service: name,
      kind,
      boot,
      tags: [],
      meta: {},
      status: 'passing',
      by: undefined,
    })
    return () => line.remove()
  }

  async leave(): Promise<void> {
    await this.#speaker?.leave()
    this.#stopGuard?.()
  }

  #speak(): Speaker {
    if (!this.#speaker) {
      this.#speaker = this.#openSpeaker()
      this.#stopGuard = this.#keyring?.guard(...this.#speaker.sockets)
    }
    return this.#speaker
  }
}
