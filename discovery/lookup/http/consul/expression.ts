// Consul's filter expressions (api-docs/features/filtering), as far as they are about what an instance says of itself: its tags, meta, id, name,
// address and port. Promises a predicate, or one sentence that says what is not understood. Bounded in length and depth.

import type { LoggedInstance } from '../../../registry/instance.ts'
import { readMeta } from './shapes.ts'

export type Predicate = (instance: LoggedInstance) => boolean

export type ExpressionReading = { readonly predicate: Predicate } | { readonly reason: string }

const maxLength = 1_024
const maxDepth = 32

/** What a selector stands for; undefined: the instance has no such key. */
type Value = string | readonly string[] | Readonly<Record<string, string>> | undefined
type Select = (instance: LoggedInstance) => Value

interface Token {
  /** A quoted text is a value; a bare one a value, a selector or a word of the language. */
  readonly isQuoted: boolean
  readonly text: string
}

class NotUnderstood extends Error {}

export function readExpression(text: string): ExpressionReading {
  try {
    if (text.length > maxLength) throw new NotUnderstood(`a filter has at most ${maxLength} characters`)
    return { predicate: new Reader(readTokens(text)).readAll() }
  } catch (error) {
    if (error instanceof NotUnderstood) return { reason: `filter: ${error.message}` }
    throw error
  }
}

const tokenPattern = /\s*(?:"((?:[^"\\]|\\.)*)"|`([^`]*)`|(==|!=|\(|\))|([^\s"`()=!]+))/y

function readTokens(text: string): Token[] {
  const tokens: Token[] = []
  const trimmed = text.trimEnd()
  tokenPattern.lastIndex = 0
  while (tokenPattern.lastIndex < trimmed.length) {
    const from = tokenPattern.lastIndex
    const match = tokenPattern.exec(trimmed)
    if (!match) throw new NotUnderstood(`${JSON.stringify(trimmed.slice(from, from + 20))} cannot be read`)
    const [, quoted, raw, sign, word] = match
    if (quoted !== undefined) tokens.push({ isQuoted: true, text: quoted.replace(/\\(.)/g, '$1') })
    else if (raw !== undefined) tokens.push({ isQuoted: true, text: raw })
    else tokens.push({ isQuoted: false, text: sign ?? word ?? '' })
  }
  return tokens
}

class Reader {
  readonly #tokens: readonly Token[]
  #at = 0
  #depth = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  readAll(): Predicate {
    const predicate = this.#readOr()
    const rest = this.#tokens[this.#at]
    if (rest) throw new NotUnderstood(`${JSON.stringify(rest.text)} is one too many; "and" and "or" join conditions`)
    return predicate
  }

  #readOr(): Predicate {
    const parts = [this.#readAnd()]
    while (this.#takeWord('or')) parts.push(this.#readAnd())
    return (instance) => parts.some((isSo) => isSo(instance))
  }

  #readAnd(): Predicate {
    const parts = [this.#readNot()]
    while (this.#takeWord('and')) parts.push(this.#readNot())
    return (instance) => parts.every((isSo) => isSo(instance))
  }

  #readNot(): Predicate {
    this.#depth += 1
    if (this.#depth > maxDepth) throw new NotUnderstood(`conditions are nested at most ${maxDepth} deep`)
    try {
      if (this.#takeWord('not')) {
        const isSo = this.#readNot()
        return (instance) => !isSo(instance)
      }
      if (!this.#takeWord('(')) return this.#readCondition()
      const inner = this.#readOr()
      if (!this.#takeWord(')')) throw new NotUnderstood('a ")" is missing')
      return inner
    } finally {
      this.#depth -= 1
    }
  }

  #readCondition(): Predicate {
    const first = this.#take()
    if (this.#takeWord('in')) return contains(this.#readSelector(this.#take()), first.text)
    if (this.#takeWord('not')) {
      if (!this.#takeWord('in')) throw new NotUnderstood('"not" is followed by a condition, or by "in"')
      const isSo = contains(this.#readSelector(this.#take()), first.text)
      return (instance) => !isSo(instance)
    }
    const select = this.#readSelector(first)
    if (this.#takeWord('==')) return equals(select, this.#take().text)
    if (this.#takeWord('!=')) {
      const isSo = equals(select, this.#take().text)
      return (instance) => !isSo(instance)
    }
    if (this.#takeWord('contains')) return contains(select, this.#take().text)
    if (this.#takeWord('is')) {
      const isNot = this.#takeWord('not')
      if (!this.#takeWord('empty')) throw new NotUnderstood('"is" and "is not" are followed by "empty"')
      return (instance) => isEmpty(select(instance)) !== isNot
    }
    const next = this.#tokens[this.#at]?.text
    const found = next === undefined ? 'the filter ends' : `${JSON.stringify(next)} stands`
    throw new NotUnderstood(`${found} where one of ==, !=, in, not in, contains, is empty, is not empty is expected`)
  }

  #readSelector({ text }: Token): Select {
    const name = text.startsWith('Service.') ? text.slice('Service.'.length) : text
    const select = selectors.get(name) ?? readMetaSelector(name)
    if (!select)
      throw new NotUnderstood(`${JSON.stringify(text)} is none of ${[...selectors.keys()].join(', ')}, Meta.KEY`)
    return select
  }

  #take(): Token {
    const token = this.#tokens[this.#at]
    if (!token) throw new NotUnderstood('it ends where something is expected')
    this.#at += 1
    return token
  }

  #takeWord(word: string): boolean {
    const token = this.#tokens[this.#at]
    if (!token || token.isQuoted || token.text !== word) return false
    this.#at += 1
    return true
  }
}

const readId: Select = ({ id }) => id
const readTags: Select = ({ tags }) => tags

/** With `Service.` before them, as in the health API; with `Service` for prefix, as in the catalog. */
const selectors: ReadonlyMap<string, Select> = new Map<string, Select>([
  ['Service', ({ service }) => service],
  ['ServiceName', ({ service }) => service],
  ['ID', readId],
  ['ServiceID', readId],
  ['Tags', readTags],
  ['ServiceTags', readTags],
  ['Meta', readMeta],
  ['ServiceMeta', readMeta],
  ['Address', ({ host }) => host],
  ['ServiceAddress', ({ host }) => host],
  ['Port', ({ port }) => String(port)],
  ['ServicePort', ({ port }) => String(port)],
])

function readMetaSelector(name: string): Select | undefined {
  const [, key] = /^(?:Service)?Meta\.(.+)$/.exec(name) ?? []
  if (key === undefined) return undefined
  return (instance) => {
    const meta = readMeta(instance)
    return Object.hasOwn(meta, key) ? meta[key] : undefined
  }
}

function equals(select: Select, text: string): Predicate {
  return (instance) => select(instance) === text
}

function contains(select: Select, text: string): Predicate {
  return (instance) => {
    const value = select(instance)
    if (value === undefined) return false
    if (typeof value === 'string' || isList(value)) return value.includes(text)
    return Object.hasOwn(value, text)
  }
}

function isList(value: Exclude<Value, string | undefined>): value is readonly string[] {
  return Array.isArray(value)
}

function isEmpty(value: Value): boolean {
  if (value === undefined) return true
  return (typeof value === 'string' || isList(value) ? value : Object.keys(value)).length === 0
}
