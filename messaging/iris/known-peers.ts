// Who the other nodes are, once they have greeted: by boot, by the addresses at which they were found, and with which pipes. Says which pipe
// to a peer is to be used for a name, and which is one too many. Pure: opens and closes nothing.

import type { Pipe } from '../sp/engine.ts'
import type { Hello } from './frame.ts'
import type { PeerPipe } from './peer-pipe.ts'
import type { Rights } from './rights.ts'
import { formatHostPort, readAddress, readHostPort } from '../sp/address.ts'
import { RollcallError } from '../sp/error.ts'

export interface Peer {
  readonly boot: string
  readonly addresses: Set<string>
  readonly pipes: Set<PeerPipe>
  /** It takes nothing new. */
  isLeaving: boolean
}

export class KnownPeers {
  readonly #rights: Rights
  readonly #ownBoot: string
  readonly #byBoot = new Map<string, Peer>()
  readonly #byAddress = new Map<string, Peer>()

  constructor(rights: Rights, ownBoot: string) {
    this.#rights = rights
    this.#ownBoot = ownBoot
  }

  at(address: string): Peer | undefined {
    return this.#byAddress.get(address)
  }

  /** Undefined before it has greeted. */
  behind({ hello }: PeerPipe): Peer | undefined {
    return hello && this.#byBoot.get(hello.boot)
  }

  /** The pipe leads to who greeted on it. */
  add(pipe: PeerPipe, hello: Hello): Peer {
    let peer = this.#byBoot.get(hello.boot)
    if (!peer) {
      peer = { boot: hello.boot, addresses: new Set(), pipes: new Set(), isLeaving: false }
      this.#byBoot.set(hello.boot, peer)
    }
    peer.pipes.add(pipe)
    // Who is not proven to be a member could give the address of one.
    const address = this.isProven(pipe) ? fillHost(hello.address, pipe.pipe) : undefined
    if (address !== undefined && !this.#byAddress.has(address)) this.place(peer, address)
    return peer
  }

  /** Without pipes nothing is known of a peer. */
  remove(pipe: PeerPipe): void {
    const peer = this.behind(pipe)
    peer?.pipes.delete(pipe)
    if (peer?.pipes.size !== 0) return
    this.#byBoot.delete(peer.boot)
    for (const address of peer.addresses) if (this.#byAddress.get(address) === peer) this.#byAddress.delete(address)
  }

  /** The node at this address is this one, whoever was there before. */
  place(peer: Peer, address: string): void {
    this.#byAddress.get(address)?.addresses.delete(address)
    this.#byAddress.set(address, peer)
    peer.addresses.add(address)
  }

  /** An open pipe on which `name` may be called. */
  choose(peer: Peer, name: string): PeerPipe | undefined {
    let chosen: PeerPipe | undefined
    for (const pipe of peer.pipes)
      if (this.#isUsable(pipe, name) && (!chosen || this.#isPreferred(pipe, chosen))) chosen = pipe
    return chosen
  }

  /** Of two pipes that can carry the same calls the dialling side of the other gives its own up. */
  surplus(peer: Peer): PeerPipe[] {
    if (peer.boot === this.#ownBoot) return []
    const open = [...peer.pipes].filter((pipe) => pipe.isOpen)
    return open.filter((pipe) => {
      if (!pipe.origin) return false
      const rival = open.find((other) => other !== pipe && isSameUse(pipe, other) && this.#isPreferred(other, pipe))
      return rival !== undefined && (rival.origin !== undefined || this.isProven(rival))
    })
  }

  /** Of the cluster that it says it is of. */
  isProven({ pipe, hello }: PeerPipe): boolean {
    return this.#rights.mayServe(pipe.identity, hello?.cluster ?? '')
  }

  /** Dialled with what we would dial with, or from a node that is proven to be a member. */
  #isUsable(pipe: PeerPipe, name: string): boolean {
    if (!pipe.isOpen) return false
    if (pipe.origin) return pipe.origin.identity === this.#rights.identityFor(name)
    // The far end of a pipe to ourselves.
    if (pipe.hello?.boot === this.#ownBoot) return false
    return this.#rights.mayServe(pipe.pipe.identity, name)
  }

  /** Both sides come to the same order. */
  #isPreferred(pipe: PeerPipe, other: PeerPipe): boolean {
    if ((pipe.origin === undefined) === (other.origin === undefined)) return pipe.pipe.id < other.pipe.id
    const isOursFirst = this.#ownBoot < (pipe.hello?.boot ?? '')
    return (pipe.origin !== undefined) === isOursFirst
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
