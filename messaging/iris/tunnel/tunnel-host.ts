// The tunnels of one pipe: opens and accepts them, hands frames to the one they are for, and lets tunnels take turns, a chunk each, while the
// pipe has room. Promises that no tunnel outlives the pipe, and that other frames of it stand behind a bounded queue only.

import type { Clock } from '../../sp/clock.ts'
import type { PipeTunnels, TunnelPort } from '../tunnel-port.ts'
import type { TunnelFrame, TunnelReason } from './tunnel-frame.ts'
import type { TunnelLimits } from './tunnel-limits.ts'
import { RollcallError } from '../../sp/error.ts'
import {
  formatCredit,
  formatDataHead,
  formatOpen,
  formatReason,
  readTunnelFrame,
  readTunnelId,
} from './tunnel-frame.ts'
import { defaultTunnelLimits } from './tunnel-limits.ts'
import { Tunnel } from './tunnel.ts'

/** Undefined accepts. */
export type TunnelDecision = TunnelReason | undefined

export interface TunnelHostOptions {
  readonly port: Pick<TunnelPort, 'send' | 'queuedBytes'>
  readonly clock: Clock
  /** Default: `defaultTunnelLimits`. */
  readonly limits?: Partial<TunnelLimits>
  /** Who dialled the pipe opens odd ids, the other side even ones. */
  readonly side: 'dialled' | 'accepted'
  /** Whether a tunnel that the peer opens to that cluster is taken. It may be sent on at once; nothing goes out before it is accepted. */
  readonly onOpen: (cluster: string, tunnel: Tunnel) => TunnelDecision | Promise<TunnelDecision>
  /** The peer broke the rules in a way that no one tunnel can answer for. */
  readonly onViolation?: (what: string) => void
}

export interface OpenTunnelOptions {
  /** For the peer's answer, in milliseconds. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

interface Opening {
  readonly settle: (failure?: Error) => void
}

const nothing = Buffer.alloc(0)

export class TunnelHost implements PipeTunnels {
  readonly #options: TunnelHostOptions
  readonly #limits: TunnelLimits
  readonly #tunnels = new Map<number, Tunnel>()
  /** Opened here and not answered. */
  readonly #opening = new Map<number, Opening>()
  /** Opened by the peer and not decided on; the function cancels the timer. */
  readonly #deciding = new Map<number, () => void>()
  /** Who has a chunk to send, in order of turns. */
  readonly #ready = new Set<Tunnel>()
  readonly #dropped: Record<string, number> = {}
  #lastId: number
  #isPumping = false
  #goneReason: string | undefined
  #closing: Promise<void> | undefined

  constructor(options: TunnelHostOptions) {
    this.#options = options
    this.#limits = { ...defaultTunnelLimits, ...options.limits }
    this.#lastId = options.side === 'dialled' ? -1 : 0
  }

  get openTunnels(): number {
    return this.#tunnels.size
  }

  /** Frames dropped, by reason. */
  get dropped(): Readonly<Record<string, number>> {
    return this.#dropped
  }

  /** Fails with `TUNNEL_REFUSED` (its cause holds the peer's code and text), `TIMEOUT`, `PEER_GONE`, `CLOSED`, or the signal's reason. */
  async open(cluster: string, { timeoutMs, signal }: OpenTunnelOptions): Promise<Tunnel> {
    signal?.throwIfAborted()
    if (this.#goneReason !== undefined) throw gone(this.#goneReason)
    if (this.#closing) throw new RollcallError('CLOSED', 'the tunnels of this pipe are closed')
    if (this.#tunnels.size >= this.#limits.maxTunnels) throw refused(tooMany)
    const tunnel = this.#create(this.#nextId())
    const onAbort = () => tunnel.destroy(signal?.reason)
    let cancel = () => {}
    try {
      await new Promise<void>((resolve, reject) => {
        this.#opening.set(tunnel.id, { settle: (failure) => (failure ? reject(failure) : resolve()) })
        cancel = this.#options.clock.after(timeoutMs, () =>
          tunnel.destroy(new RollcallError('TIMEOUT', `no answer to the opening of a tunnel to ${cluster}`)),
        )
        signal?.addEventListener('abort', onAbort)
        this.#send(formatOpen(tunnel.id, this.#limits.windowBytes, timeoutMs, cluster))
      })
      return tunnel
    } catch (error) {
      throw signal?.aborted === true ? signal.reason : error
    } finally {
      cancel()
      signal?.removeEventListener('abort', onAbort)
    }
  }

  frame(_kind: number, message: Buffer): void {
    if (this.#goneReason !== undefined) return
    const frame = readTunnelFrame(message)
    if (!frame) this.#malformed(message)
    else if (frame.kind === 'open') this.#peerOpens(frame.id, frame.credit, frame.remainingMs, frame.cluster)
    else this.#deliver(frame)
  }

  drained(): void {
    this.#pump()
  }

  gone(reason: string): void {
    this.#goneReason ??= reason
    for (const tunnel of this.#tunnels.values()) tunnel.fail(gone(reason))
  }

  /** Closes every tunnel in order, each with its own bound in time; none is opened any more. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#closeAll()
    return this.#closing
  }

  async #closeAll(): Promise<void> {
    // Why one could not be flushed its own users are told.
    await Promise.allSettled([...this.#tunnels.values()].map((tunnel) => tunnel.close()))
  }

  #create(id: number): Tunnel {
    const tunnel = new Tunnel({
      id,
      clock: this.#options.clock,
      limits: this.#limits,
      control: (frame) => this.#send(frame),
      ready: (ready) => this.#queue(ready),
      over: (over) => this.#forget(over),
    })
    this.#tunnels.set(id, tunnel)
    return tunnel
  }

  #forget(tunnel: Tunnel): void {
    this.#tunnels.delete(tunnel.id)
    this.#ready.delete(tunnel)
    this.#deciding.get(tunnel.id)?.()
    this.#deciding.delete(tunnel.id)
    const opening = this.#opening.get(tunnel.id)
    this.#opening.delete(tunnel.id)
    opening?.settle(tunnel.failure ?? new RollcallError('CLOSED', 'the tunnel was closed'))
  }

  #peerOpens(id: number, credit: number, remainingMs: number, cluster: string): void {
    const isTheirs = id % 2 === (this.#options.side === 'dialled' ? 0 : 1)
    if (!isTheirs || this.#tunnels.has(id)) {
      this.#drop('bad-id')
      this.#options.onViolation?.('a tunnel was opened with an id that is taken or not the peer’s')
      return
    }
    const refusal = this.#closing ? closing : this.#tunnels.size >= this.#limits.maxTunnels ? tooMany : undefined
    if (refusal) {
      this.#send(formatReason('refuse', id, refusal))
      return
    }
    const tunnel = this.#create(id)
    const late = () => tunnel.destroy(new RollcallError('TIMEOUT', 'the tunnel was not accepted in time'))
    this.#deciding.set(id, this.#options.clock.after(remainingMs, late))
    void this.#decide(tunnel, credit, cluster)
  }

  async #decide(tunnel: Tunnel, credit: number, cluster: string): Promise<void> {
    let refusal: TunnelDecision
    try {
      refusal = await this.#options.onOpen(cluster, tunnel)
    } catch (error) {
      refusal = { code: 'HANDLER_FAILED', text: error instanceof Error ? error.message : String(error) }
    }
    if (this.#tunnels.get(tunnel.id) !== tunnel) return
    this.#deciding.get(tunnel.id)?.()
    this.#deciding.delete(tunnel.id)
    if (refusal) {
      this.#send(formatReason('refuse', tunnel.id, refusal))
      tunnel.fail(refused(refusal))
      return
    }
    this.#send(formatCredit('accept', tunnel.id, this.#limits.windowBytes))
    tunnel.accepted(credit)
  }

  #deliver(frame: Exclude<TunnelFrame, { readonly kind: 'open' }>): void {
    const tunnel = this.#tunnels.get(frame.id)
    if (!tunnel) {
      this.#drop('unknown-tunnel')
      return
    }
    const opening = this.#opening.get(frame.id)
    const isAnswer = frame.kind === 'accept' || frame.kind === 'refuse'
    const isPending = opening !== undefined || this.#deciding.has(frame.id)
    if (frame.kind !== 'reset' && (isAnswer ? opening === undefined : isPending)) {
      tunnel.violated(`${frame.kind} out of order`)
      return
    }
    switch (frame.kind) {
      case 'accept':
        this.#opening.delete(frame.id)
        tunnel.accepted(frame.credit)
        opening?.settle()
        break
      case 'refuse':
        tunnel.fail(refused(frame.reason))
        break
      case 'data':
        tunnel.data(frame.bytes, frame.isLast)
        break
      case 'credit':
        tunnel.credit(frame.credit)
        break
      case 'end':
        tunnel.peerEnded()
        break
      case 'taken':
        tunnel.takenByPeer()
        break
      case 'reset':
        tunnel.peerReset(frame.reason)
        break
    }
  }

  #malformed(message: Buffer): void {
    this.#drop('malformed')
    const id = readTunnelId(message)
    const tunnel = id === undefined ? undefined : this.#tunnels.get(id)
    if (tunnel) tunnel.violated('a malformed frame')
    else this.#options.onViolation?.('a malformed frame of a tunnel')
  }

  #queue(tunnel: Tunnel): void {
    if (this.#tunnels.get(tunnel.id) !== tunnel) return
    if (!tunnel.isReady) {
      tunnel.endIfEmpty()
      return
    }
    this.#ready.add(tunnel)
    this.#pump()
  }

  #pump(): void {
    if (this.#isPumping) return
    this.#isPumping = true
    const { port } = this.#options
    for (const tunnel of this.#ready) {
      if (port.queuedBytes >= this.#limits.maxPortBytes) break
      this.#ready.delete(tunnel)
      const chunk = tunnel.nextChunk()
      if (chunk) port.send(formatDataHead(tunnel.id, chunk.isLast), chunk.bytes)
      // To the end of the line.
      if (tunnel.isReady) this.#ready.add(tunnel)
      else tunnel.endIfEmpty()
    }
    this.#isPumping = false
  }

  #send(frame: Buffer): void {
    if (this.#goneReason === undefined) this.#options.port.send(frame, nothing)
  }

  #nextId(): number {
    do this.#lastId = this.#lastId + 2 > 0xffff_ffff ? (this.#lastId % 2 === 0 ? 2 : 1) : this.#lastId + 2
    while (this.#tunnels.has(this.#lastId))
    return this.#lastId
  }

  #drop(reason: string): void {
    this.#dropped[reason] = (this.#dropped[reason] ?? 0) + 1
  }
}

const tooMany = Object.freeze({ code: 'TOO_MANY', text: 'there are too many tunnels on this pipe' })
const closing = Object.freeze({ code: 'CLOSED', text: 'the tunnels of this pipe are being closed' })

function refused(reason: TunnelReason): RollcallError {
  return new RollcallError('TUNNEL_REFUSED', `the tunnel was refused: ${reason.code}: ${reason.text}`, {
    cause: reason,
  })
}

function gone(reason: string): RollcallError {
  return new RollcallError('PEER_GONE', `the pipe of the tunnel is gone: ${reason}`)
}
