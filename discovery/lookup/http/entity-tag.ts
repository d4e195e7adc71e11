// Entity tags of the lists, and what a client's If-None-Match says about one (RFC 9110, sections 8.8.3 and 13.1.2). The tags
// are weak: two lists of one tag name the same providers, and may differ in ages, round-trip times and misses.

import type { Position } from '../../registry/change-log.ts'

export function createEntityTag({ epoch, sequence }: Position): string {
  return `W/"${epoch}-${sequence}"`
}

const opaqueTag = /"[^"]*"/g

/** True when the client holds what this tag stands for, by the weak comparison that If-None-Match asks for. */
export function isHeldByClient(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false
  if (ifNoneMatch.trim() === '*') return true
  const opaque = tag.slice(tag.indexOf('"'))
  return ifNoneMatch.match(opaqueTag)?.includes(opaque) ?? false
}
