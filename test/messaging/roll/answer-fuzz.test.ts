import fc from 'fast-check'
import t from 'tap'
import { createAnswerReader, formatLine } from '../../../messaging/roll/answer.ts'
import type { AnswerLine, ProviderLine } from '../../../messaging/roll/answer.ts'

// 120,000 answers in all. A small cache, so that its edges are met as well.
const read = createAnswerReader({ maxEntries: 500, maxBytes: 20_000 })
const numRuns = 30_000

const name = fc.stringMatching(/^[a-z0-9](?:[a-z0-9_-]{0,10}[a-z0-9])?$/)
const host = fc.oneof(
  fc.constant(''),
  fc.ipV4().filter((ip) => ip !== '0.0.0.0'),
  fc.constantFrom('2001:db8::1', '::1', 'web.local', 'a_b'),
)
const visible = fc.string({ unit: fc.constantFrom(...Array.from('aZ09.:/~é√😀')), minLength: 1, maxLength: 20 })
const sentence = fc.string({ unit: fc.constantFrom(...Array.from('aZ09 "\\{}|é√😀')), maxLength: 20 })
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })

const provider: fc.Arbitrary<ProviderLine> = fc.record({
  service: name,
  id: maybe(visible),
  protocol: fc.constantFrom('tcp', 'http', 'tls+tcp'),
  host,
  port: fc.integer({ min: 1, max: 65_535 }),
  zone: sentence,
  version: sentence,
  weight: fc.integer({ min: 0, max: 65_535 }),
  tags: fc.array(visible, { maxLength: 4 }),
  meta: fc.dictionary(visible, sentence, { maxKeys: 4, noNullPrototype: true }),
  status: fc.constantFrom('passing', 'warning', 'critical', 'draining'),
  kind: fc.constantFrom('service', 'member', 'topic'),
  boot: maybe(visible),
  by: maybe(visible),
})
const dynamic = fc.record({
  load: maybe(fc.double({ min: 0, max: 1, noNaN: true }).map((load) => load + 0)),
  inflight: maybe(fc.nat()),
})
const line: fc.Arbitrary<Pick<AnswerLine, 'provider' | 'dynamic'>> = fc.record({ provider, dynamic: maybe(dynamic) })

/** Bytes without a newline: one line, whatever it says. */
const junk = fc.oneof(
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes.filter((byte) => byte !== 0x0a))),
  fc
    .string({ unit: fc.constantFrom(...Array.from('{}[]":,|\t\\tcp/0e.ué')), maxLength: 60 })
    .map((text) => Buffer.from(text)),
  fc.json({ maxDepth: 6 }).map((text) => Buffer.from(text)),
  fc.integer({ min: 1, max: 2000 }).map((depth) => Buffer.from('[{"a":'.repeat(depth))),
  fc.constant(Buffer.from('web|tcp://h:1\t{"load":"x"}')),
)

t.test('whatever bytes come, reading them throws nothing', async (t) => {
  fc.assert(
    fc.property(fc.oneof(junk, fc.uint8Array({ maxLength: 200 })), (bytes) => {
      const { lines, refused } = read(Buffer.from(bytes))
      return lines.length + refused.length <= 2 * (1 + bytes.filter((byte) => byte === 0x0a).length)
    }),
    { numRuns },
  )
  t.pass()
})

t.test('a line with a field of any kind is read or refused', async (t) => {
  const fields = ['id', 'zone', 'version', 'weight', 'tags', 'meta', 'status', 'kind', 'boot', 'by', '__proto__', 'x']
  fc.assert(
    fc.property(fc.constantFrom(...fields), fc.jsonValue({ maxDepth: 4 }), (field, value) => {
      const text = `{"service":"web","address":"tcp://h:1",${JSON.stringify(field)}:${JSON.stringify(value)}}`
      const { lines, refused } = read(Buffer.from(text))
      return lines.length + refused.length === 1
    }),
    { numRuns },
  )
  t.pass()
})

t.test('a line that was written is read as it was', async (t) => {
  fc.assert(
    fc.property(line, (written) => {
      const { lines, refused } = read(Buffer.from(formatLine(written)))
      const [found] = lines
      if (!found || lines.length !== 1 || refused.length !== 0) return false
      const isBare = written.dynamic?.load === undefined && written.dynamic?.inflight === undefined
      return equal(found.provider, written.provider) && equal(found.dynamic, isBare ? undefined : written.dynamic)
    }),
    { numRuns },
  )
  t.pass()
})

t.test('bad lines never cost a good one', async (t) => {
  fc.assert(
    fc.property(provider, fc.array(junk, { maxLength: 3 }), fc.array(junk, { maxLength: 3 }), (good, before, after) => {
      const marked = { ...good, boot: 'the-good-one' }
      const bytes = [...before, Buffer.from(formatLine({ provider: marked })), ...after]
      const { lines } = read(Buffer.concat(bytes.flatMap((part) => [part, Buffer.from('\n')])))
      return lines.filter((found) => equal(found.provider, marked)).length === 1
    }),
    { numRuns },
  )
  t.pass()
})

/** As JSON: what is undefined is left out on both sides. */
function equal(left: unknown, right: unknown): boolean {
  return JSON.stringify(sorted(left)) === JSON.stringify(sorted(right))
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const entries = Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1))
  return entries.map(([key, inner]) => [key, sorted(inner)])
}
