// The key of both ends where a scenario goes over tls+tcp: whoever measures has no secrets.

import type { DialOptions, ListenOptions, PresharedKey } from '../../messaging/sp/engine.ts'

export const preshared: PresharedKey = Object.freeze({
  identity: 'bench/000000000000/member',
  key: Buffer.alloc(32, 'x'),
})

export function listenOptionsOf(scheme: string): ListenOptions {
  return scheme === 'tls+tcp' ? { credentials: { keyOf: () => preshared.key } } : {}
}

export function dialOptionsOf(scheme: string): DialOptions {
  return scheme === 'tls+tcp' ? { credentials: () => preshared } : {}
}
