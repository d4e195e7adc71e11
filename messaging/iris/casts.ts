// Broadcasts and events on their way out: one copy to each member of the group, straight to its node. Best effort: nobody answers, and who
// cannot be reached, or does not take it in time, is left out and counted. On one pipe they keep their order.

import type { CallContext } from './caller.ts'
import type { Group, GroupMember, GroupWaiter } from './group.ts'
import type { PeerPipe } from './peer-pipe.ts'
import type { PipeWaiter } from './dialling.ts'
import { RollcallError } from '../sp/error.ts'
import { Deadline } from './deadline-wheel.ts'

export interface CastOptions {
  /** For learning who the members are, connecting to them, and for slow ones to make room, in milliseconds. Default 2,000. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/** What became of a broadcast or an event: how many were there, and to how many it went. */
export interface Delivery {
  readonly members: number
  readonly sent: number
}

export const defaultCastTimeoutMs = 2_000

/** Resolves when it stands in the queue of every member that could be reached and has room for more. Fails with `CLOSED`, `TIMEOUT` (who
 * the members are was not to be learned), or the signal's reason. */
export function cast(
  context: CallContext,
  group: Group,
  head: Buffer,
  body: Uint8Array,
  options: CastOptions = {},
): Promise<Delivery> {
  return new Promise((resolve, reject) => new OpenCast(context, group, head, body, options, resolve, reject).start())
}

class OpenCast extends Deadline implements GroupWaiter {
  readonly #context: CallContext
  readonly #group: Group
  readonly #head: Buffer
  readonly #body: Uint8Array
  readonly #options: CastOptions
  readonly #resolve: (delivery: Delivery) => void
  readonly #reject: (error: unknown) => void
  #members = -1
  #sent = 0
  /** Members not connected yet, and such that have been sent it and have no room for more. */
  #waitingFor = 0
  #isEnded = false

  constructor(
    context: CallContext,
    group: Group,
    head: Buffer,
    body: Uint8Array,
    options: CastOptions,
    resolve: (delivery: Delivery) => void,
    reject: (error: unknown) => void,
  ) {
    super()
    this.#context = context
    this.#group = group
    this.#head = head
    this.#body = body
    this.#options = options
    this.#resolve = resolve
    this.#reject = reject
  }

  start(): void {
    const { clock, wheel, open } = this.#context
    open.add(this)
    wheel.add(this, clock.nowMs() + (this.#options.timeoutMs ?? defaultCastTimeoutMs))
    this.#options.signal?.addEventListener('abort', this)
    if (this.#group.members) this.known()
    else this.#group.wait(this)
  }

  known(): void {
    if (this.#isEnded) return
    const { peers } = this.#context
    const members = this.#group.members ?? []
    this.#members = members.length
    this.#waitingFor = members.length
    for (const member of members)
      if (member.pipe?.isOpen) this.sendTo(member, member.pipe)
      else peers.reach(member.member.address, this.#group.name, new CastTarget(this, member))
    if (this.#waitingFor === 0) this.#end()
  }

  sendTo(member: GroupMember, pipe: PeerPipe): void {
    member.pipe = pipe
    if (this.#isEnded) return this.#group.traffic.drop('slow')
    if (pipe.isFull) return this.missed('queue-full')
    this.#sent += 1
    this.#group.traffic.sent += 1
    pipe.traffic.sent += 1
    pipe.send(this.#head, this.#body)
    if (pipe.isLong) pipe.onDrained(() => this.#done())
    else this.#done()
  }

  missed(reason: string): void {
    this.#group.traffic.drop(reason)
    this.#done()
  }

  override expired(): void {
    if (this.#members >= 0) this.#end()
    else this.#abort(new RollcallError('TIMEOUT', `who is in ${this.#group.name} is not known`))
  }

  handleEvent(): void {
    this.#abort(this.#options.signal?.reason)
  }

  close(error: Error): void {
    this.#abort(error)
  }

  #done(): void {
    this.#waitingFor -= 1
    if (this.#waitingFor === 0) this.#end()
  }

  #end(): void {
    if (this.#isEnded) return
    this.#release()
    this.#resolve({ members: this.#members, sent: this.#sent })
  }

  #abort(error: unknown): void {
    if (this.#isEnded) return
    this.#release()
    this.#reject(error)
  }

  #release(): void {
    this.#isEnded = true
    this.#context.wheel.remove(this)
    this.#context.open.delete(this)
    this.#group.unwait(this)
    this.#options.signal?.removeEventListener('abort', this)
  }
}

/** A member that is being connected to. */
class CastTarget implements PipeWaiter {
  readonly #cast: OpenCast
  readonly #member: GroupMember

  constructor(openCast: OpenCast, member: GroupMember) {
    this.#cast = openCast
    this.#member = member
  }

  ready(pipe: PeerPipe): void {
    this.#cast.sendTo(this.#member, pipe)
  }

  unreachable(): void {
    this.#cast.missed('unreachable')
  }
}
