// The version of this package, from the one place that has it.

import { createRequire } from 'node:module'

/** As in package.json, found by the package's own name: the same path from the source and from dist/. */
export function readVersion(): string {
  const manifest: unknown = createRequire(import.meta.url)('rollcall/package.json')
  const hasVersion = typeof manifest === 'object' && manifest !== null && 'version' in manifest
  return hasVersion ? String(manifest.version) : 'unknown'
}
