// Whom a search finds: every word has to be somewhere in what an instance says of itself; `zone:eu-1a` looks in that field alone.
// Pure.

import type { Instance } from '../daemon/wire.ts'
import { readCondition } from './condition.ts'

type Field = 'service' | 'id' | 'zone' | 'version' | 'address' | 'tag' | 'meta' | 'state'

const readers: Readonly<Record<Field, (instance: Instance) => string>> = Object.freeze({
  service: ({ service }) => service,
  id: ({ id }) => id,
  zone: ({ zone }) => zone,
  version: ({ version }) => version,
  address: ({ address }) => address,
  tag: ({ tags }) => tags.join(' '),
  meta: ({ meta }) => Object.entries(meta).flat().join(' '),
  state: (instance) => readCondition(instance),
})

export const searchFields = Object.freeze(Object.keys(readers))

function isField(name: string): name is Field {
  return Object.hasOwn(readers, name)
}

export type Search = (instance: Instance) => boolean

export function createSearch(query: string): Search {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean).map(createWordSearch)
  return (instance) => words.every((isFound) => isFound(instance))
}

function createWordSearch(word: string): Search {
  const colon = word.indexOf(':')
  const field = word.slice(0, Math.max(0, colon))
  if (isField(field)) {
    const wanted = word.slice(colon + 1)
    return (instance) => readers[field](instance).toLowerCase().includes(wanted)
  }
  // A word is looked for in each field by itself: one that spans two of them is nobody's.
  return (instance) => Object.values(readers).some((read) => read(instance).toLowerCase().includes(word))
}
