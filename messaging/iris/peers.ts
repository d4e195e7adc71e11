// The pipes to other nodes: one to each, opened when it is first needed and closed when it is idle. A pipe is good for both directions; two
// that were dialled at the same time settle on the one of the smaller boot. Promises that whoever waits for a pipe hears of it, or why there
// is none; who the nodes are is known-peers.ts, what the frames mean is for others.

import type { Clock } from '../sp/clock.ts'
import type { Engine, Link, Pipe } from '../sp/engine.ts'
import type { PipeWaiter } from './dialling.ts'
import type { GoodbyeReason, Hello } from './frame.ts'
import type { Peer } from './known-peers.ts'
import type { PipeOwner } from './peer-pipe.ts'
import type { Rights } from './rights.ts'
import type { TrafficCounts } from './traffic.ts'
import type { TunnelHost } from './tunnel/tunnel-host.ts'
import { formatHostPort } from '../sp/address.ts'
import { formatHello, frameKinds, isTunnelKind, protocolVersion, readGoodbye, readHello } from './frame.ts'
import { Dialling } from './dialling.ts'
import { KnownPeers } from './known-peers.ts'
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

/** Looks per idle time, so that a pipe is closed at most a quarter later. */
const sweepsPerIdle = 4

export class Peers implements PipeOwner {
  readonly link: Link
  readonly #options: PeersOptions
  #hello: Buffer
  readonly #pipes = new Map<Pipe, PeerPipe>()
  readonly #known: KnownPeers
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
    this.#known = new KnownPeers(rights, options.self.boot)
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
    const peer = this.#known.at(address)
    return peer && this.#known.choose(peer, name)
  }

  /** Dials where there is no such pipe. The waiter may be called before this returns. */
  reach(address: string, name: string, waiter: PipeWaiter): void {
    const peer = this.#known.at(address)
    if (peer?.isLeaving) return waiter.unreachable('leaving')
    const pipe = peer && this.#known.choose(peer, name)
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

  /** The node that greeted is the one at this address. */
  #opened(address: string, name: string, pipe: PeerPipe): PeerPipe {
    const peer = this.#known.behind(pipe)
    if (!peer) return pipe
    this.#known.place(peer, address)
    const chosen = this.#known.choose(peer, name) ?? pipe
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
    this.#known.remove(peerPipe)
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
      case frameKinds.REPLY:
        return peerPipe.replied(message)
      case frameKinds.FAULT:
        return peerPipe.faulted(message)
      case frameKinds.CANCEL:
        return peerPipe.cancelled(message)
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

  #greeted(pipe: PeerPipe, message: Buffer): void {
    const hello = message[0] === frameKinds.HELLO ? readHello(message) : undefined
    if (!hello) return this.reject(pipe, 'malformed')
    if (hello.version !== protocolVersion) return this.reject(pipe, 'other-version')
    pipe.hello = hello
    const peer = this.#known.add(pipe, hello)
    if (this.#isLeaving) pipe.sayGoodbye('leaving')
    if (!this.#dialling.greeted(pipe)) this.#settle(peer)
  }

  #settle(peer: Peer): void {
    for (const pipe of this.#known.surplus(peer)) {
      pipe.sayGoodbye('surplus')
      this.#finish(pipe)
    }
  }

  #heardGoodbye(pipe: PeerPipe, reason: GoodbyeReason): void {
    pipe.heardGoodbye = reason
    const peer = this.#known.behind(pipe)
    if (peer && reason === 'leaving' && (pipe.origin || this.#known.isProven(pipe))) peer.isLeaving = true
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
