// The Secrets of components/keys, made as k8s/README.md has them made: each program gets what it needs and no more.

import { createRootKey, deriveKey, formatKey } from '../../../messaging/keys/key.ts'

export function createSecrets(): readonly object[] {
  const [answer, web] = [createRootKey('answer'), createRootKey('web')]
  const [classic, site] = [createRootKey('classic'), createRootKey('site')]
  const all = [answer, web, classic, site]
  const keyrings = {
    discovery: all.flatMap((root) => [deriveKey(root, 'roll'), deriveKey(root, 'call')]),
    answer: [answer],
    web: [web],
    site: [deriveKey(site, 'roll:site')],
    gate: [deriveKey(classic, 'roll:classic')],
    client: [answer, web, site].map((root) => deriveKey(root, 'call')),
  }
  return Object.entries(keyrings).map(([program, keys]) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: `keys-${program}` },
    stringData: { keyring: keys.map((key) => `${formatKey(key)}\n`).join('') },
  }))
}
