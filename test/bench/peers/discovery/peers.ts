// Everyone who is compared, ours first.

import type { DiscoveryPeer } from './peer.ts'
import { existsSync } from 'node:fs'

/** By the files of this folder. */
const names = Object.freeze({
  rollcall: 'rollcall',
  'nats-services': 'NATS services',
  moleculer: 'Moleculer',
  cote: 'cote',
  etcd: 'etcd leases',
  zookeeper: 'ZooKeeper',
})

export type PeerFile = keyof typeof names

export const peerNames: readonly string[] = Object.values(names)

export interface ListedPeer {
  readonly file: PeerFile
  readonly name: string
  readonly peer: DiscoveryPeer
}

export function isPeerFile(text: string): text is PeerFile {
  return Object.hasOwn(names, text)
}

/** Loads its system. */
export async function loadPeer(file: PeerFile): Promise<DiscoveryPeer> {
  const { peer }: { readonly peer: DiscoveryPeer } = await import(`./${file}.js`)
  return peer
}

export async function loadPeers(): Promise<readonly ListedPeer[]> {
  const files = Object.keys(names).filter(isPeerFile)
  return Promise.all(files.map(async (file) => ({ file, name: names[file], peer: await loadPeer(file) })))
}

/** Why it cannot be measured here. */
export function whatIsMissing({ needs }: DiscoveryPeer): string | undefined {
  if (!needs || existsSync(needs.file)) return undefined
  return `not measured here: ${needs.file} is missing (apt-get install ${needs.package})`
}
