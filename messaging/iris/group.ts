// Who is in a cluster or a topic, as far as this node knows, with what it has seen of each. Not knowing yet is not the same as nobody:
// calls wait for the first snapshot.

import type { BalancePlan, Candidate, Standing } from './balance.ts'
import type { PeerPipe } from './peer-pipe.ts'
import type { GroupKind, Member, Roster } from './roster.ts'
import type { Traffic } from './traffic.ts'
import { createStanding, planBalance } from './balance.ts'
import { formatName } from './frame.ts'

/** One member, as this node deals with it. */
export class GroupMember implements Candidate {
  readonly member: Member
  readonly standing: Standing
  /** The pipe of the last call: the next one need not look for it. */
  pipe: PeerPipe | undefined

  constructor(member: Member, before: GroupMember | undefined) {
    this.member = member
    this.standing = before?.standing ?? createStanding()
    this.pipe = before?.pipe
  }
}

/** Told once, when the members are known. */
export interface GroupWaiter {
  known(): void
}

export class Group {
  readonly name: string
  /** The name as frames have it. */
  readonly nameBytes: Buffer
  readonly traffic: Traffic
  readonly #zone: string
  #members: readonly GroupMember[] | undefined
  #plan: BalancePlan<GroupMember> = []
  #waiting = new Set<GroupWaiter>()
  #stop: (() => void) | undefined

  constructor(name: string, zone: string, traffic: Traffic) {
    this.name = name
    this.nameBytes = formatName(name)
    this.#zone = zone
    this.traffic = traffic
  }

  /** Undefined until they are known. */
  get members(): readonly GroupMember[] | undefined {
    return this.#members
  }

  get plan(): BalancePlan<GroupMember> {
    return this.#plan
  }

  follow(roster: Roster, kind: GroupKind): void {
    this.#stop = roster.watch(kind, this.name, (members) => this.#update(members))
  }

  wait(waiter: GroupWaiter): void {
    this.#waiting.add(waiter)
  }

  unwait(waiter: GroupWaiter): void {
    this.#waiting.delete(waiter)
  }

  close(): void {
    this.#stop?.()
    this.#waiting.clear()
  }

  #update(members: readonly Member[]): void {
    const before = new Map(this.#members?.map((known) => [keyOf(known.member), known]))
    this.#members = members.map((member) => new GroupMember(member, before.get(keyOf(member))))
    this.#plan = planBalance(this.#members, this.#zone)
    const waiting = this.#waiting
    this.#waiting = new Set()
    for (const waiter of waiting) waiter.known()
  }
}

/** What was seen of a member is not held against another process with its id. */
function keyOf({ id, address }: Member): string {
  return `${id} ${address}`
}

/** The groups that this node has talked to. */
export class Groups {
  readonly #roster: Roster
  readonly #zone: string
  readonly #trafficOf: (name: string) => Traffic
  readonly #byKind = { member: new Map<string, Group>(), topic: new Map<string, Group>() }

  constructor(roster: Roster, zone: string, trafficOf: (name: string) => Traffic) {
    this.#roster = roster
    this.#zone = zone
    this.#trafficOf = trafficOf
  }

  /** Follows the group from now on. */
  get(kind: GroupKind, name: string): Group {
    const known = this.#byKind[kind].get(name)
    if (known) return known
    const group = new Group(name, this.#zone, this.#trafficOf(name))
    this.#byKind[kind].set(name, group)
    group.follow(this.#roster, kind)
    return group
  }

  close(): void {
    for (const groups of Object.values(this.#byKind)) {
      for (const group of groups.values()) group.close()
      groups.clear()
    }
  }
}
