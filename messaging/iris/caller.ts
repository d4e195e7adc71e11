// Requests of this node: one member is chosen, asked, and waited for; another one is asked where nothing was started, or where the caller
// allows it. Each request ends once, with a reply or an error; all deadlines share one timer.

import type { Clock } from '../sp/clock.ts'
import type { Balance, Standing } from './balance.ts'
import type { Fault } from './frame.ts'
import type { Group, GroupMember, GroupWaiter } from './group.ts'
import type { OpenCall, PeerPipe } from './peer-pipe.ts'
import type { Peers } from './peers.ts'
import type { PipeWaiter } from './dialling.ts'
import type { DeadlineWheel } from './deadline-wheel.ts'
import { RollcallError } from '../sp/error.ts'
import { draw, noteFailure, noteSuccess } from './balance.ts'
import { Deadline } from './deadline-wheel.ts'
import { formatCancel, formatRequestHead } from './frame.ts'
import { RemoteFault } from './remote-fault.ts'

export interface RequestOptions {
  /** Total time, in milliseconds. Default 5,000: a person still waits for so long. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  /** Default `random`, by weight. */
  readonly balance?: Balance
  /** Whether another member may be asked after the one that was asked is gone: it may have begun. Default false. A member that refuses
   * to start, or cannot be reached, is passed over in any case. */
  readonly mayRepeat?: boolean
}

/** What requests and surveys have in common. */
export interface CallContext {
  readonly clock: Clock
  readonly random: () => number
  readonly wheel: DeadlineWheel
  readonly peers: Peers
  /** Random at the start, so that an id of an earlier life is none of this one. */
  nextId(): number
  /** Calls under way, ended when the node closes. */
  readonly open: Set<{ close(error: Error): void }>
}

export const defaultTimeoutMs = 5_000

/** Members asked for one request before it fails: where three are too busy the fourth is as well. */
const maxAsked = 3

export function request(
  context: CallContext,
  group: Group,
  body: Uint8Array,
  options: RequestOptions = {},
): Promise<Buffer> {
  return new Promise((resolve, reject) => new RequestCall(context, group, body, options, resolve, reject).start())
}

class RequestCall extends Deadline implements OpenCall, PipeWaiter, GroupWaiter {
  readonly #context: CallContext
  readonly #group: Group
  readonly #body: Uint8Array
  readonly #options: RequestOptions
  readonly #resolve: (body: Buffer) => void
  readonly #reject: (error: unknown) => void
  #tried: Set<Standing> | undefined
  #askedCount = 0
  #member: GroupMember | undefined
  #pipe: PeerPipe | undefined
  #id = 0
  #startedAtMs = 0
  #lastError: RollcallError | undefined
  #isEnded = false

  constructor(
    context: CallContext,
    group: Group,
    body: Uint8Array,
    options: RequestOptions,
    resolve: (body: Buffer) => void,
    reject: (error: unknown) => void,
  ) {
    super()
    this.#context = context
    this.#group = group
    this.#body = body
    this.#options = options
    this.#resolve = resolve
    this.#reject = reject
  }

  start(): void {
    const { clock, wheel, open } = this.#context
    this.#startedAtMs = clock.nowMs()
    open.add(this)
    wheel.add(this, this.#startedAtMs + (this.#options.timeoutMs ?? defaultTimeoutMs))
    this.#options.signal?.addEventListener('abort', this)
    this.#group.traffic.inFlight += 1
    if (this.#group.members) this.known()
    else this.#group.wait(this)
  }

  known(): void {
    if (this.#isEnded) return
    const { clock, random, peers } = this.#context
    const { balance = 'random' } = this.#options
    const member = draw(this.#group.plan, { balance, random, nowMs: clock.nowMs(), tried: this.#tried })
    if (!member) return this.#fail(this.#lastError ?? new RollcallError('NO_MEMBERS', this.#nobody()))
    this.#member = member
    const { address } = member.member
    // The pipe of the last time, unless it is not to be used any more.
    const pipe = member.pipe?.isOpen ? member.pipe : peers.pipeTo(address, this.#group.name)
    if (pipe) this.ready(pipe)
    else peers.reach(address, this.#group.name, this)
  }

  ready(pipe: PeerPipe): void {
    const member = this.#member
    if (this.#isEnded || !member) return
    if (pipe.isFull) return this.#passOver('BUSY', 'does not take what is sent to it')
    const { clock } = this.#context
    const id = this.#context.nextId()
    member.pipe = pipe
    member.standing.inFlight += 1
    this.#pipe = pipe
    this.#id = id
    this.#askedCount += 1
    pipe.calls.set(id, this)
    pipe.traffic.sent += 1
    pipe.traffic.inFlight += 1
    this.#group.traffic.sent += 1
    pipe.send(formatRequestHead(false, id, this.deadlineAtMs - clock.nowMs(), this.#group.nameBytes), this.#body)
  }

  unreachable(reason: string): void {
    if (!this.#isEnded) this.#passOver('PEER_GONE', `cannot be reached: ${reason}`)
  }

  replied(load: number, body: Buffer): void {
    const { member, nowMs } = this.#answered()
    if (member) noteSuccess(member.standing, load, nowMs)
    this.#end()
    this.#resolve(body)
  }

  faulted({ cause, load, code, text }: Fault): void {
    if (cause === 'busy') return this.#refused('BUSY', 'has too much to do')
    if (cause === 'not-here') return this.#refused('PEER_GONE', `is not of ${this.#group.name} any more`)
    const { member, nowMs } = this.#answered()
    if (member) noteSuccess(member.standing, load, nowMs)
    this.#end()
    if (cause === 'not-allowed') this.#reject(new RollcallError('NOT_ALLOWED', `may not call ${this.#group.name}`))
    else this.#reject(new RemoteFault(text, code))
  }

  lost(reason: string): void {
    const message = `the connection to ${this.#member?.member.id} of ${this.#group.name} is gone: ${reason}`
    this.#released()
    this.#noteFailure()
    if (!this.#options.mayRepeat) return this.#fail(new RollcallError('PEER_GONE', message))
    this.#lastError = new RollcallError('PEER_GONE', message)
    this.#again()
  }

  override expired(): void {
    this.#noteFailure()
    this.#giveUp(new RollcallError('TIMEOUT', `no reply from ${this.#group.name} in time`))
  }

  handleEvent(): void {
    this.#giveUp(this.#options.signal?.reason)
  }

  close(error: Error): void {
    this.#giveUp(error)
  }

  /** Nobody waits for the reply any more. */
  #giveUp(error: unknown): void {
    if (this.#isEnded) return
    this.#group.traffic.drop(error instanceof RollcallError ? reasonOf(error) : 'cancelled')
    const pipe = this.#pipe
    if (pipe?.calls.delete(this.#id)) {
      pipe.send(formatCancel(this.#id))
      this.#released()
    }
    this.#end()
    this.#reject(error)
    if (pipe) this.#context.peers.settled(pipe)
  }

  #refused(code: 'BUSY' | 'PEER_GONE', what: string): void {
    const pipe = this.#pipe
    this.#released()
    this.#passOver(code, what)
    if (pipe) this.#context.peers.settled(pipe)
  }

  /** Nothing was started: another member may be asked whatever the request does. */
  #passOver(code: 'BUSY' | 'PEER_GONE', what: string): void {
    this.#lastError = new RollcallError(code, `${this.#member?.member.id} of ${this.#group.name} ${what}`)
    this.#noteFailure()
    this.#again()
  }

  #again(): void {
    if (this.#isEnded) return
    if (this.#member) (this.#tried ??= new Set()).add(this.#member.standing)
    if (this.#askedCount >= maxAsked && this.#lastError) return this.#fail(this.#lastError)
    this.known()
  }

  #noteFailure(): void {
    if (this.#member) noteFailure(this.#member.standing, this.#context.clock.nowMs())
  }

  #answered(): { readonly member: GroupMember | undefined; readonly nowMs: number } {
    const nowMs = this.#context.clock.nowMs()
    const pipe = this.#pipe
    const tookMs = nowMs - this.#startedAtMs
    this.#group.traffic.received += 1
    this.#group.traffic.latency.record(tookMs)
    if (pipe) {
      pipe.traffic.received += 1
      pipe.traffic.latency.record(tookMs)
    }
    this.#released()
    if (pipe) this.#context.peers.settled(pipe)
    return { member: this.#member, nowMs }
  }

  /** The member has no part in this request any more. */
  #released(): void {
    if (!this.#pipe) return
    this.#pipe.traffic.inFlight -= 1
    this.#pipe = undefined
    if (this.#member) this.#member.standing.inFlight -= 1
  }

  #fail(error: RollcallError): void {
    this.#group.traffic.drop(reasonOf(error))
    this.#end()
    this.#reject(error)
  }

  #end(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#group.traffic.inFlight -= 1
    this.#group.unwait(this)
    this.#context.wheel.remove(this)
    this.#context.open.delete(this)
    this.#options.signal?.removeEventListener('abort', this)
  }

  #nobody(): string {
    const { members, name } = this.#group
    if (!members || members.length === 0) return `${name} has no members`
    return `${name} has ${members.length} members, and none of them takes requests now`
  }
}

/** As the other counters have it: `no-members`, `peer-gone`, … */
export function reasonOf({ code }: RollcallError): string {
  return code.toLowerCase().replaceAll('_', '-')
}
