// What a name means in the zone of the daemon. Promises that a name which has others below it is never taken for one that is not there:
// resolvers that ask label by label (RFC 9156) would not go on. Pure; what is on the roll is not asked here.

import type { ChoiceFilter } from '../../../messaging/roll/choose.ts'
import { readServiceName } from '../../../messaging/roll/name.ts'
import { readReverseLabel } from './address-name.ts'

export type ZoneName =
  | { readonly kind: 'apex' | 'name-server' | 'between' | 'nothing' }
  /** `web.service`, with tags and places before it; `_web._tcp` has no addresses, only places to connect to. */
  | { readonly kind: 'service'; readonly service: string; readonly filter: ChoiceFilter; readonly isRfc2782: boolean }
  /** `10-0-0-7.addr`. */
  | { readonly kind: 'address'; readonly label: string }
  | { readonly kind: 'reverse'; readonly label: string }
  | { readonly kind: 'elsewhere' }

const noFilter: ChoiceFilter = Object.freeze({})

/** `labels` and `domain` in lower case. */
export function readZoneName(labels: readonly string[], domain: readonly string[]): ZoneName {
  const count = labels.length - domain.length
  if (count < 0 || domain.some((label, at) => labels[count + at] !== label)) {
    const label = readReverseLabel(labels)
    return label === undefined ? { kind: 'elsewhere' } : { kind: 'reverse', label }
  }
  const [branch, name, ...rest] = labels.slice(0, count).toReversed()
  if (branch === undefined) return { kind: 'apex' }
  if (branch === 'ns') return { kind: name === undefined ? 'name-server' : 'nothing' }
  if (branch !== 'service' && branch !== '_tcp' && branch !== 'addr') return { kind: 'nothing' }
  if (name === undefined) return { kind: 'between' }
  if (branch === 'service') return readService(name, rest)
  if (rest.length > 0) return { kind: 'nothing' }
  if (branch === 'addr') return { kind: 'address', label: name }
  return name.startsWith('_') ? createService(name.slice(1), noFilter, true) : { kind: 'nothing' }
}

/** `before` from the right to the left: `eu-1a.zone`, `eu-1a.near`, and tags. */
function readService(name: string, before: readonly string[]): ZoneName {
  const filter: { zone?: string; near?: string; tags?: readonly string[] } = {}
  for (let at = 0; at < before.length; at += 1) {
    const label = before[at] ?? ''
    // No tag begins so; at other doors it excludes one.
    if (label.startsWith('!')) return { kind: 'nothing' }
    if (label !== 'zone' && label !== 'near') {
      filter.tags = [...(filter.tags ?? []), label]
      continue
    }
    at += 1
    if (at === before.length) return { kind: 'between' }
    if (filter[label] !== undefined) return { kind: 'nothing' }
    filter[label] = before[at] ?? ''
  }
  return createService(name, before.length === 0 ? noFilter : filter, false)
}

function createService(text: string, filter: ChoiceFilter, isRfc2782: boolean): ZoneName {
  const named = readServiceName(text)
  if ('reason' in named) return { kind: 'nothing' }
  return { kind: 'service', service: named.name, filter, isRfc2782 }
}
