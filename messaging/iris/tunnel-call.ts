// A tunnel to one member of a cluster: chosen as for a request, and over the pipe that requests use. What a tunnel is stands in tunnel/.

import type { Balance, Standing } from './balance.ts'
import type { CallContext } from './caller.ts'
import type { Group, GroupMember, GroupWaiter } from './group.ts'
import type { PeerPipe } from './peer-pipe.ts'
import type { PipeWaiter } from './dialling.ts'
import type { Tunnel } from './tunnel/tunnel.ts'
import { RollcallError } from '../sp/error.ts'
import { draw, noteFailure } from './balance.ts'
import { defaultTimeoutMs } from './caller.ts'
import { Deadline } from './deadline-wheel.ts'

export interface TunnelOptions {
  /** Until the member has taken it, in milliseconds. Default 5,000. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  readonly balance?: Balance
}

/** Fails with `NO_MEMBERS`, `PEER_GONE`, `TUNNEL_REFUSED`, `TIMEOUT`, `CLOSED`, or the signal's reason. */
export async function openTunnel(context: CallContext, group: Group, options: TunnelOptions): Promise<Tunnel> {
  const { clock, random, peers } = context
  const { timeoutMs = defaultTimeoutMs, signal, balance = 'random' } = options
  const deadlineAtMs = clock.nowMs() + timeoutMs
  const wait = (begin: (waiting: Waiting) => void) =>
    new Promise<PeerPipe | string>((resolve, reject) => {
      const waiting = new Waiting(context, group, signal, resolve, reject)
      waiting.start(deadlineAtMs)
      begin(waiting)
    })
  if (!group.members) await wait((waiting) => group.wait(waiting))
  const tried = new Set<Standing>()
  let reason = ''
  for (;;) {
    const member: GroupMember | undefined = draw(group.plan, { balance, random, nowMs: clock.nowMs(), tried })
    if (!member && tried.size === 0)
      throw new RollcallError('NO_MEMBERS', `${group.name} has no members that take calls`)
    if (!member) throw new RollcallError('PEER_GONE', `no member of ${group.name} can be reached: ${reason}`)
    const reached = await wait((waiting) => peers.reach(member.member.address, group.name, waiting))
    if (typeof reached === 'string') {
      reason = reached
      noteFailure(member.standing, clock.nowMs())
      tried.add(member.standing)
      continue
    }
    member.pipe = reached
    group.traffic.sent += 1
    reached.traffic.sent += 1
    const leftMs = Math.max(1, deadlineAtMs - clock.nowMs())
    return reached.tunnels.open(group.name, { timeoutMs: leftMs, ...(signal && { signal }) })
  }
}

/** For the members to be known, or for a pipe to one of them. */
class Waiting extends Deadline implements GroupWaiter, PipeWaiter {
  readonly #context: CallContext
  readonly #group: Group
  readonly #signal: AbortSignal | undefined
  readonly #resolve: (reached: PeerPipe | string) => void
  readonly #reject: (error: unknown) => void

  constructor(
    context: CallContext,
    group: Group,
    signal: AbortSignal | undefined,
    resolve: (reached: PeerPipe | string) => void,
    reject: (error: unknown) => void,
  ) {
    super()
    this.#context = context
    this.#group = group
    this.#signal = signal
    this.#resolve = resolve
    this.#reject = reject
  }

  start(deadlineAtMs: number): void {
    this.#context.open.add(this)
    this.#context.wheel.add(this, deadlineAtMs)
    this.#signal?.addEventListener('abort', this)
  }

  known(): void {
    this.#end()
    this.#resolve('known')
  }

  ready(pipe: PeerPipe): void {
    this.#end()
    this.#resolve(pipe)
  }

  unreachable(reason: string): void {
    this.#end()
    this.#resolve(reason)
  }

  override expired(): void {
    this.close(new RollcallError('TIMEOUT', `no tunnel to ${this.#group.name} in time`))
  }

  handleEvent(): void {
    this.close(this.#signal?.reason)
  }

  close(error: unknown): void {
    this.#end()
    this.#reject(error)
  }

  #end(): void {
    this.#context.open.delete(this)
    this.#context.wheel.remove(this)
    this.#group.unwait(this)
    this.#signal?.removeEventListener('abort', this)
  }
}
