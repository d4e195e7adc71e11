// Everyone who is compared, ours first.

import type { DiscoveryPeer } from './peer.ts'
import { existsSync } from 'node:fs'

/** Files of this folder. */
const files = ['rollcall', 'nats-services', 'moleculer', 'cote', 'etcd', 'zookeeper'] as const

export type PeerFile = (typeof files)[number]

export interface ListedPeer {
  readonly file: PeerFile
  readonly peer: DiscoveryPeer
}

export function isPeerFile(text: string): text is PeerFile {
  return files.some((file) => file === text)
}

/** Loads its system. */
export async function loadPeer(file: PeerFile): Promise<DiscoveryPeer> {
  const { peer }: { readonly peer: DiscoveryPeer } = await import(`./${file}.js`)
  return peer
}

export async function loadPeers(): Promise<readonly ListedPeer[]> {
  return Promise.all(files.map(async (file) => ({ file, peer: await loadPeer(file) })))
}

/** Why it cannot be measured here. */
export function whatIsMissing({ needs }: DiscoveryPeer): string | undefined {
  if (!needs || existsSync(needs.file)) return undefined
  return `not measured here: ${needs.file} is missing (apt-get install ${needs.package})`
}
