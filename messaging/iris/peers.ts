// The other nodes that this one talks to: one pipe to each, opened when it is first needed and closed when it is idle. A pipe is good for
// both directions; two that were dialled at the same time settle on the one of the smaller boot. Promises that whoever waits for a pipe
// hears of it, or why there is none; what the frames mean is for others.

import type { Clock } from '../sp/clock.ts'
import type { Engine, Link, Pipe } from '../sp/engine.ts'
import type { PipeWaiter } from './dialling.ts'
import type { GoodbyeReason, Hello } from './frame.ts'
import type { PipeOwner } from './peer-pipe.ts'
import type { Rights } from './rights.ts'
import type { TrafficCounts } from './traffic.ts'
import type { TunnelHost } from './tunnel/tunnel-host.ts'
import { formatHostPort, readAddress, readHostPort } from '../sp/address.ts'
import { RollcallError } from '../sp/error.ts'
import {
  formatHello,
  frameKinds,
  isTunnelKind,
  protocolVersion,
  readCancel,
  readFault,
  readGoodbye,
  readHello,
  readReply,
} from './frame.ts'
import { Dialling } from './dialling.ts'
import { PeerPipe } from './peer-pipe.ts'

/** Who takes what begins a call. */
export interface Arrivals {
  request(pipe: PeerPipe, message: Buffer): void
  broadcast(pipe: PeerPipe, message: Buffer): void
  publish(pipe: PeerPipe, message: Buffer): void
}

export interface PeersOptions {
  readonly engine: Engine
  readonly clock: Clock
  readonly rights: Rights
  readonly self: Omit<Hello, 'version' | 'address'>
  readonly arrivals: Arrivals
  readonly createTunnels: (pipe: PeerPipe) => TunnelHost
  /** A pipe without a call for so long is closed. */
  readonly idleMs: number
  /** For connection and greeting of a new pipe together. */
  readonly connectTimeoutMs: number
}

interface Peer {
  readonly boot: string
  readonly addresses: Set<string>
  readonly pipes: Set<PeerPipe>
  isLeaving: boolean
}

/** Looks per idle time, so that a pipe is closed at most a quarter later. */
const sweepsPerIdle = 4

export class Peers implements PipeOwner {
  readonly link: Link
  readonly #options: PeersOptions
  #hello: Buffer
  readonly #pipes = new Map<Pipe, PeerPipe>()
  readonly #byBoot = new Map<string, Peer>()
  readonly #byAddress = new Map<string, Peer>()
  readonly #dialling: Dialling
  readonly #rejected = new Map<string, number>()
  #stopSweep: (() => void) | undefined
  #onQuiet: (() => void) | undefined
  #isLeaving = false

  constructor(options: PeersOptions) {
    this.#options = options
    this.#hello = formatHello({ ...options.self, version: protocolVersion, address: '' })
    this.link = options.engine.createLink({
      onAttach: (pipe) => this.#attached(pipe),
      onDetach: (pipe, reason) => this.#detached(pipe, reason),
      onMessage: (pipe, message) => this.#received(pipe, message),
      onDrained: (pipe) => this.#pipes.get(pipe)?.drained(),
    })
    const { engine, clock, rights, connectTimeoutMs } = options
    this.#dialling = new Dialling({
      engine,
      clock,
      rights,
      link: this.link,
      connectTimeoutMs,
      find: (pipe) => this.#pipes.get(pipe),
      opened: (address, name, pipe) => this.#opened(address, name, pipe),
    })
  }

  /** Where peers reach this node, from now on. */
  listensAt(address: string): void {
    this.#hello = formatHello({ ...this.#options.self, version: protocolVersion, address })
  }

  /** An open pipe to the node at this address on which `name` may be called. */
  pipeTo(address: string, name: string): PeerPipe | undefined {
    const peer = this.#byAddress.get(address)
    return peer && this.#choose(peer, name)
  }

  /** Dials where there is no such pipe. The waiter may be called before this returns. */
  reach(address: string, name: string, waiter: PipeWaiter): void {
    const peer = this.#byAddress.get(address)
    if (peer?.isLeaving) return waiter.unreachable('leaving')
    const pipe = peer && this.#choose(peer, name)
    if (pipe) return waiter.ready(pipe)
    if (this.#isLeaving) return waiter.unreachable('closed')
    this.#dialling.dial(address, name, waiter)
  }

  counts(): Readonly<Record<string, TrafficCounts>> {
    const counts: Record<string, TrafficCounts> = {}
    for (const pipe of this.#pipes.values()) {
      const { remote } = pipe.pipe
      const place = remote ? formatHostPort(remote) : `pipe ${pipe.pipe.id}`
      counts[`${pipe.hello?.id || pipe.hello?.boot || 'unknown'} at ${place}`] = pipe.traffic.counts()
    }
    return counts
  }

  /** Connections refused or broken off, by reason. */
  rejected(): Readonly<Record<string, number>> {
    return Object.fromEntries([...Object.entries(this.link.counters().rejected), ...this.#rejected])
  }

  createTunnels(pipe: PeerPipe): TunnelHost {
    return this.#options.createTunnels(pipe)
  }

  /** A call on this pipe has ended: a goodbye may have waited for it. */
  settled(pipe: PeerPipe): void {
    if (pipe.heardGoodbye !== undefined || pipe.hasSaidGoodbye) this.#finish(pipe)
  }

  /** Tells everyone that nothing new comes from here or is wanted here, and resolves when all that was under way has ended. */
  leave(): Promise<void> {
    this.#isLeaving = true
    this.#dialling.stop('closed')
    return new Promise((resolve) => {
      this.#onQuiet = resolve
      for (const pipe of this.#pipes.values()) {
        pipe.sayGoodbye('leaving')
        void pipe.closeTunnels().then(() => this.#finish(pipe))
      }
      this.#checkQuiet()
    })
  }

  async close(): Promise<void> {
    this.#isLeaving = true
    this.#dialling.stop('closed')
    await this.link.close()
    this.#stopSweep?.()
  }

  #choose(peer: Peer, name: string): PeerPipe | undefined {
    let chosen: PeerPipe | undefined
    for (const pipe of peer.pipes)
      if (this.#isUsable(pipe, name) && (!chosen || this.#isPreferred(pipe, chosen))) chosen = pipe
    return chosen
  }

  /** Dialled with what we would dial with, or from a node that is proven to be a member. */
  #isUsable(pipe: PeerPipe, name: string): boolean {
    if (!pipe.isOpen) return false
    const { rights, self } = this.#options
    if (pipe.origin) return pipe.origin.identity === rights.identityFor(name)
    // The far end of a pipe to ourselves.
    if (pipe.hello?.boot === self.boot) return false
    return rights.mayServe(pipe.pipe.identity, name)
  }

  /** Of the cluster that it says it is of. */
  #isProven({ pipe, hello }: PeerPipe): boolean {
    return this.#options.rights.mayServe(pipe.identity, hello?.cluster ?? '')
  }

  /** Both sides come to the same order. */
  #isPreferred(pipe: PeerPipe, other: PeerPipe): boolean {
    if ((pipe.origin === undefined) === (other.origin === undefined)) return pipe.pipe.id < other.pipe.id
    const isOursFirst = this.#options.self.boot < (pipe.hello?.boot ?? '')
    return (pipe.origin !== undefined) === isOursFirst
  }

  /** The node that greeted is the one at this address. */
  #opened(address: string, name: string, pipe: PeerPipe): PeerPipe {
    const peer = pipe.hello && this.#byBoot.get(pipe.hello.boot)
    if (!peer) return pipe
    this.#place(peer, address)
    const chosen = this.#choose(peer, name) ?? pipe
    queueMicrotask(() => this.#settle(peer))
    return chosen
  }

  #attached(pipe: Pipe): void {
    const peerPipe = new PeerPipe(this.link, pipe, this)
    this.#pipes.set(pipe, peerPipe)
    peerPipe.send(this.#hello)
    this.#sweepLater()
  }

  #detached(pipe: Pipe, reason: string): void {
    const peerPipe = this.#pipes.get(pipe)
    if (!peerPipe) return
    this.#pipes.delete(pipe)
    const { hello } = peerPipe
    const peer = hello && this.#byBoot.get(hello.boot)
    peer?.pipes.delete(peerPipe)
    if (peer?.pipes.size === 0) {
      this.#byBoot.delete(peer.boot)
      for (const address of peer.addresses) if (this.#byAddress.get(address) === peer) this.#byAddress.delete(address)
    }
    // Its dialer would dial again; whoever needs the peer next does.
    void peerPipe.origin?.dialer.close()
    peerPipe.gone(reason)
    this.#dialling.detached(peerPipe, reason)
    this.#checkQuiet()
  }

  #received(pipe: Pipe, message: Buffer): void {
    const peerPipe = this.#pipes.get(pipe)
    if (!peerPipe) return
    const kind = message[0] ?? 0
    if (peerPipe.hello === undefined) return this.#greeted(peerPipe, message)
    peerPipe.quietSweeps = 0
    switch (kind) {
      case frameKinds.REQUEST:
        return this.#options.arrivals.request(peerPipe, message)
      case frameKinds.REPLY: {
        const reply = readReply(message)
        if (!reply) return peerPipe.malformed()
        return this.#take(peerPipe, reply.id)?.replied(reply.load, reply.body)
      }
      case frameKinds.FAULT: {
        const fault = readFault(message)
        if (!fault) return peerPipe.malformed()
        return this.#take(peerPipe, fault.id)?.faulted(fault)
      }
      case frameKinds.CANCEL: {
        const id = readCancel(message)
        if (id === undefined) return peerPipe.malformed()
        return peerPipe.served.get(id)?.cancelled()
      }
      case frameKinds.BROADCAST:
        return this.#options.arrivals.broadcast(peerPipe, message)
      case frameKinds.PUBLISH:
        return this.#options.arrivals.publish(peerPipe, message)
      case frameKinds.GOODBYE: {
        const reason = readGoodbye(message)
        if (reason === undefined) return peerPipe.malformed()
        return this.#heardGoodbye(peerPipe, reason)
      }
      default:
        // A later version may have more kinds.
        if (!isTunnelKind(kind)) return peerPipe.traffic.drop('unknown-kind')
        peerPipe.tunnels.frame(kind, message)
        return this.settled(peerPipe)
    }
  }

  #take(pipe: PeerPipe, id: number) {
    const call = pipe.calls.get(id)
    // Its caller went away before: timed out, or cancelled.
    if (!call) pipe.traffic.drop('late')
    pipe.calls.delete(id)
    return call
  }

  #greeted(pipe: PeerPipe, message: Buffer): void {
    const hello = message[0] === frameKinds.HELLO ? readHello(message) : undefined
    if (!hello) return this.reject(pipe, 'malformed')
    if (hello.version !== protocolVersion) return this.reject(pipe, 'other-version')
    pipe.hello = hello
    let peer = this.#byBoot.get(hello.boot)
    if (!peer) {
      peer = { boot: hello.boot, addresses: new Set(), pipes: new Set(), isLeaving: false }
      this.#byBoot.set(hello.boot, peer)
    }
    peer.pipes.add(pipe)
    // Who is not proven to be a member could give the address of one.
    const address = this.#isProven(pipe) ? fillHost(hello.address, pipe.pipe) : undefined
    if (address !== undefined && !this.#byAddress.has(address)) this.#place(peer, address)
    if (this.#isLeaving) pipe.sayGoodbye('leaving')
    if (!this.#dialling.greeted(pipe)) this.#settle(peer)
  }

  /** The node at this address is this one, whoever was there before. */
  #place(peer: Peer, address: string): void {
    this.#byAddress.get(address)?.addresses.delete(address)
    this.#byAddress.set(address, peer)
    peer.addresses.add(address)
  }

  /** Of two pipes that can carry the same calls the dialling side of the other gives its own up. */
  #settle(peer: Peer): void {
    if (peer.boot === this.#options.self.boot) return
    const open = [...peer.pipes].filter((pipe) => pipe.isOpen)
    for (const pipe of open) {
      if (!pipe.origin) continue
      const rival = open.find((other) => other !== pipe && isSameUse(pipe, other) && this.#isPreferred(other, pipe))
      if (rival && (rival.origin || this.#isProven(rival))) {
        pipe.sayGoodbye('surplus')
        this.#finish(pipe)
      }
    }
  }

  #heardGoodbye(pipe: PeerPipe, reason: GoodbyeReason): void {
    pipe.heardGoodbye = reason
    const peer = pipe.hello && this.#byBoot.get(pipe.hello.boot)
    if (peer && reason === 'leaving' && (pipe.origin || this.#isProven(pipe))) peer.isLeaving = true
    this.#finish(pipe)
  }

  /** Says goodbye back when the own calls have ended; the side that dialled closes when both have, and nothing is under way. */
  #finish(pipe: PeerPipe): void {
    if (pipe.isGone) return
    if (pipe.heardGoodbye !== undefined && pipe.calls.size === 0 && pipe.openTunnels === 0)
      pipe.sayGoodbye(this.#isLeaving ? 'leaving' : 'idle')
    if (pipe.hasSaidGoodbye && pipe.heardGoodbye !== undefined && pipe.isQuiet) void pipe.origin?.dialer.close()
    this.#checkQuiet()
  }

  #checkQuiet(): void {
    for (const { isQuiet, heardGoodbye, hello } of this.#pipes.values())
      if (hello && (!isQuiet || heardGoodbye === undefined)) return
    this.#onQuiet?.()
  }

  reject(pipe: PeerPipe, reason: string): void {
    this.#rejected.set(reason, (this.#rejected.get(reason) ?? 0) + 1)
    pipe.pipe.close(reason)
  }

  #sweepLater(): void {
    const { clock, idleMs } = this.#options
    this.#stopSweep ??= clock.after(idleMs / sweepsPerIdle, () => {
      this.#stopSweep = undefined
      this.#sweep()
      if (this.#pipes.size > 0) this.#sweepLater()
    })
  }

  #sweep(): void {
    for (const pipe of this.#pipes.values()) {
      pipe.quietSweeps = pipe.isQuiet ? pipe.quietSweeps + 1 : 0
      this.settled(pipe)
      // The first comes at any time after the last use.
      if (pipe.quietSweeps <= sweepsPerIdle) continue
      // One that never greeted, or whose peer never said goodbye in all that time, or never closed, has had its chance.
      if (!pipe.hello || pipe.hasSaidGoodbye) pipe.pipe.close('idle')
      else pipe.sayGoodbye('idle')
      pipe.quietSweeps = 0
    }
  }
}

function isSameUse(one: PeerPipe, other: PeerPipe): boolean {
  return one.origin && other.origin
    ? one.origin.identity === other.origin.identity
    : one.pipe.identity === other.pipe.identity
}

/** Where a peer without a host of its own is seen. */
function fillHost(address: string, { remote }: Pipe): string | undefined {
  if (address === '') return undefined
  try {
    const { scheme, rest } = readAddress(address)
    if (scheme === 'inproc' || scheme === 'ipc') return address
    const { host, port } = readHostPort(rest)
    if (host !== '') return address
    return remote && `${scheme}://${formatHostPort({ host: remote.host, port })}`
  } catch (error) {
    if (error instanceof RollcallError) return undefined
    throw error
  }
}
