// The answer to the roll call: one line per provider, `name|address` or JSON, then optionally a TAB and what changes
// all the time. DESIGN.md section 4 has the form, messaging/PROTOCOL.md the grammar. A bad line is refused with a reason and never
// costs a good one; whatever bytes come, reading them throws nothing.

import { isUtf8 } from 'node:buffer'
import type { ParseCacheLimits } from './parse-cache.ts'
import { RollcallError } from '../sp/error.ts'
import { describeIssues, dynamicSchema, providerDefaults, providerSchema } from './answer-schema.ts'
import { createParseCache } from './parse-cache.ts'
import { formatProviderAddress } from './provider-address.ts'

export type ProviderStatus = 'passing' | 'warning' | 'critical' | 'draining'

/** The static part of a line, checked, with every default filled in except where the reader must. */
export interface ProviderLine {
  readonly service: string
  /** Host name and port for join(); undefined where a line gives none: the reader uses the address. */
  readonly id: string | undefined
  readonly protocol: string
  /** Empty for `0.0.0.0`, `::`, `*` or nothing: the reader fills in what it sees at the other end of the pipe. */
  readonly host: string
  readonly port: number
  readonly zone: string
  readonly version: string
  readonly weight: number
  readonly tags: readonly string[]
  readonly meta: Readonly<Record<string, string>>
  readonly status: ProviderStatus
  readonly kind: 'service' | 'member' | 'topic'
  /** Random per process start; tells a restart from a second pipe. */
  readonly boot: string | undefined
  /** The speaker's own id, when it answers for others. */
  readonly by: string | undefined
}

export interface DynamicPart {
  /** 0 = idle, 1 = as much as it can do. */
  readonly load: number | undefined
  readonly inflight: number | undefined
}

export interface AnswerLine {
  /** The static bytes as text: equal text means an equal provider. */
  readonly text: string
  readonly provider: ProviderLine
  readonly dynamic: DynamicPart | undefined
}

/** Few and fixed, so that refusals can be counted by reason. */
export type RefusalReason =
  | 'answer-too-large'
  | 'too-many-lines'
  | 'line-too-long'
  | 'not-utf-8'
  | 'not-json'
  | 'no-known-form'
  | 'bad-field'
  | 'bad-dynamic-part'
  /** Said by the registry: the line gives no host, and the pipe shows none to fill in. */
  | 'no-host'
  /** Said by the daemon: the key of the peer is not for that name, or for something else. */
  | 'not-permitted'

export interface RefusedLine {
  /** At most the first 80 characters, control characters escaped. */
  readonly excerpt: string
  readonly reason: RefusalReason
  /** What exactly is wrong, and what to write instead where that is known. */
  readonly detail: string
}

export interface ParsedAnswer {
  readonly lines: readonly AnswerLine[]
  readonly refused: readonly RefusedLine[]
}

/** DESIGN.md section 4. Who has more opens a second pipe. */
export const answerLimits = Object.freeze({ maxBytes: 1_048_576, maxLineBytes: 4_096, maxLines: 4_000 })

/** Ten times the fleet that the bench runs, and 64 MiB of lines. */
const defaultCacheLimits: ParseCacheLimits = Object.freeze({ maxEntries: 100_000, maxBytes: 67_108_864 })

const newline = 0x0a
const tab = 0x09

/** What the static bytes of a line say; undefined for a blank line. */
type StaticReading = { readonly line: AnswerLine | undefined } | { readonly refused: RefusedLine }

/** Makes a reader with a cache of its own, keyed by the static bytes of a line. Measured on Node 20: a line of 60 bytes that is
 * known costs 0.5 us, a dynamic part 1.3 us more, a new line 10 us. */
export function createAnswerReader(cacheLimits = defaultCacheLimits): (body: Buffer) => ParsedAnswer {
  const cache = createParseCache<StaticReading>(cacheLimits)

  function readStatic(bytes: Buffer): StaticReading {
    // As Latin-1 every byte is one character: different bytes are different keys, valid text or not.
    const key = bytes.toString('latin1')
    const known = cache.get(key)
    if (known !== undefined) return known
    const reading = parseStatic(bytes)
    cache.set(key, reading)
    return reading
  }

  return (body) => {
    const lines: AnswerLine[] = []
    const refused: RefusedLine[] = []
    const endAt = readableEnd(body, refused)
    let lineCount = 0
    for (let startAt = 0; startAt < endAt;) {
      const newlineAt = body.indexOf(newline, startAt)
      const lineEndAt = newlineAt === -1 || newlineAt > endAt ? endAt : newlineAt
      const bytes = body.subarray(startAt, lineEndAt)
      startAt = lineEndAt + 1
      lineCount += 1
      if (lineCount > answerLimits.maxLines) {
        const detail = `an answer has at most ${answerLimits.maxLines} lines; from this one on nothing was read`
        refused.push(refuse(bytes, 'too-many-lines', detail))
        break
      }
      readLine(bytes, readStatic, lines, refused)
    }
    return { lines, refused }
  }
}

/** Reads an answer to the roll call. Never throws; the lines that come back are frozen and shared between answers. */
export const readAnswer = createAnswerReader()

/** Where to stop reading: the end, or behind the last whole line within the limit. */
function readableEnd(body: Buffer, refused: RefusedLine[]): number {
  if (body.length > answerLimits.maxBytes) {
    const endAt = body.lastIndexOf(newline, answerLimits.maxBytes - 1) + 1
    const detail = `an answer has at most ${answerLimits.maxBytes} bytes; from this line on nothing was read`
    refused.push(refuse(body.subarray(endAt, endAt + answerLimits.maxLineBytes), 'answer-too-large', detail))
    return endAt
  }
  // C programs like to send the NUL that ends their string.
  return body.at(-1) === 0 ? body.length - 1 : body.length
}

function readLine(
  bytes: Buffer,
  readStatic: (bytes: Buffer) => StaticReading,
  lines: AnswerLine[],
  refused: RefusedLine[],
): void {
  if (bytes.length > answerLimits.maxLineBytes) {
    const detail = `a line has at most ${answerLimits.maxLineBytes} bytes; this one has ${bytes.length}`
    refused.push(refuse(bytes, 'line-too-long', detail))
    return
  }
  const tabAt = bytes.indexOf(tab)
  const reading = readStatic(tabAt === -1 ? bytes : bytes.subarray(0, tabAt))
  if ('refused' in reading) {
    refused.push(reading.refused)
    return
  }
  if (reading.line === undefined) return
  const dynamicBytes = tabAt === -1 ? undefined : bytes.subarray(tabAt + 1)
  if (dynamicBytes === undefined) {
    lines.push(reading.line)
    return
  }
  const dynamic = parseDynamic(dynamicBytes)
  // A provider that cannot tell its load is still here.
  if (dynamic !== undefined && 'detail' in dynamic) refused.push(dynamic)
  const isRead = dynamic !== undefined && !('detail' in dynamic)
  lines.push(isRead ? { text: reading.line.text, provider: reading.line.provider, dynamic } : reading.line)
}

function parseStatic(bytes: Buffer): StaticReading {
  if (!isUtf8(bytes)) return { refused: refuse(bytes, 'not-utf-8', 'a line is UTF-8 text') }
  const text = bytes.toString('utf8').trim()
  if (text === '') return { line: undefined }
  const fields = text.startsWith('{') ? parseJson(text) : parseShort(text)
  if (fields === undefined) {
    if (text.startsWith('{')) return { refused: refuse(bytes, 'not-json', 'begins with { and is not a JSON object') }
    return { refused: refuse(bytes, 'no-known-form', 'a line is name|protocol://host:port, or JSON') }
  }
  const read = providerSchema.safeParse(fields)
  if (!read.success) return { refused: refuse(bytes, 'bad-field', describeIssues(read.error)) }
  return { line: Object.freeze({ text, provider: Object.freeze(read.data), dynamic: undefined }) }
}

function parseShort(text: string): unknown {
  const [service, address, ...rest] = text.split('|')
  if (service === undefined || address === undefined || rest.length > 0) return undefined
  return { service: service.trim(), address: address.trim() }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function parseDynamic(bytes: Buffer): DynamicPart | RefusedLine | undefined {
  if (!isUtf8(bytes)) return refuse(bytes, 'bad-dynamic-part', 'what follows the TAB is not UTF-8 text')
  const text = bytes.toString('utf8').trim()
  if (text === '') return undefined
  const fields = parseJson(text)
  if (fields === undefined) return refuse(bytes, 'bad-dynamic-part', 'what follows the TAB is not JSON')
  const read = dynamicSchema.safeParse(fields)
  return read.success ? read.data : refuse(bytes, 'bad-dynamic-part', describeIssues(read.error))
}

const excerptLength = 80

function refuse(bytes: Buffer, reason: RefusalReason, detail: string): RefusedLine {
  // Enough bytes for the excerpt whatever the characters are.
  const text = bytes
    .subarray(0, excerptLength * 4)
    .toString('utf8')
    .slice(0, excerptLength)
  const excerpt = text.replace(/\p{C}/gu, (character) => {
    const code = character.codePointAt(0) ?? 0
    return `\\u${code.toString(16).padStart(4, '0')}`
  })
  return { excerpt, reason, detail }
}

/** A provider as one line of an answer, in JSON, without what a reader takes for granted. Equal providers give equal static
 * bytes. Fails with `ANSWER_TOO_LARGE` when the line is over the limit. */
export function formatLine(line: Pick<AnswerLine, 'provider'> & Partial<Pick<AnswerLine, 'dynamic'>>): string {
  const { provider, dynamic } = line
  const { service, id, zone, version, weight, tags, meta, status, kind, boot, by } = provider
  const fields = {
    service,
    id,
    address: formatProviderAddress(provider),
    zone: unlessDefault(zone, providerDefaults.zone),
    version: unlessDefault(version, providerDefaults.version),
    weight: unlessDefault(weight, providerDefaults.weight),
    tags: tags.length === 0 ? undefined : tags,
    meta: Object.keys(meta).length === 0 ? undefined : meta,
    status: unlessDefault(status, providerDefaults.status),
    kind: unlessDefault(kind, providerDefaults.kind),
    boot,
    by,
  }
  const text = JSON.stringify(fields) + formatDynamic(dynamic)
  const bytes = Buffer.byteLength(text)
  if (bytes > answerLimits.maxLineBytes) {
    const message = `the line of ${service} has ${bytes} bytes, and ${answerLimits.maxLineBytes} are accepted: shorten its meta or tags`
    throw new RollcallError('ANSWER_TOO_LARGE', message)
  }
  return text
}

/** What follows the static part, TAB included; nothing where nothing is known. */
export function formatDynamic(dynamic: DynamicPart | undefined): string {
  if (dynamic === undefined || (dynamic.load === undefined && dynamic.inflight === undefined)) return ''
  return `\t${JSON.stringify({ load: dynamic.load, inflight: dynamic.inflight })}`
}

function unlessDefault<T>(value: T, fallback: T): T | undefined {
  return value === fallback ? undefined : value
}
