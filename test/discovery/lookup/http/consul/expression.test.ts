import fc from 'fast-check'
import t from 'tap'
import { readExpression } from '../../../../../discovery/lookup/http/consul/expression.ts'
import { createInstance } from '../../../../fixtures/roll-reader.ts'

const web = createInstance({
  service: 'web',
  tags: ['canary', 'a b'],
  meta: { commit: 'abc', 'x-y': '"1"' },
  zone: 'eu-1a',
})

function judge(text: string): boolean | string {
  const read = readExpression(text)
  return 'predicate' in read ? read.predicate(web) : read.reason
}

t.test('conditions on tags, meta and the rest are what they say', async (t) => {
  for (const [text, isSo] of [
    ['Service.Tags contains "canary"', true],
    ['Service.Tags contains "can"', false],
    ['"canary" in ServiceTags', true],
    ['canary in Service.Tags', true],
    ['"blue" not in Service.Tags', true],
    ['"canary" not in ServiceTags', false],
    ['Service.Meta.commit == "abc"', true],
    ['Service.Meta.commit != "abc"', false],
    ['ServiceMeta.commit == `abc`', true],
    ['Service.Meta.x-y == "\\"1\\""', true],
    ['Service.Meta.zone == "eu-1a"', true],
    ['Service.Meta.nothing == "abc"', false],
    ['Service.Meta.nothing != "abc"', true],
    ['"commit" in Service.Meta', true],
    ['Service.Meta contains "nothing"', false],
    ['Service.Meta.constructor is empty', true],
    ['Service.Tags is empty', false],
    ['Service.Tags is not empty', true],
    ['Service.ID == "web-1"', true],
    ['ServicePort == 8080', true],
    ['Service.Address == "10.0.0.7"', true],
    ['Service.Service == "web"', true],
  ] as const)
    t.equal(judge(text), isSo, text)
})

t.test('"not" binds closer than "and", and that closer than "or"', async (t) => {
  const yes = '"canary" in ServiceTags'
  const no = '"blue" in ServiceTags'
  for (const [text, isSo] of [
    [`${no} and ${no} or ${yes}`, true],
    [`${yes} or ${yes} and ${no}`, true],
    [`(${yes} or ${yes}) and ${no}`, false],
    [`not ${no} and ${yes}`, true],
    [`not (${yes} and ${no})`, true],
    [`not not ${yes}`, true],
  ] as const)
    t.equal(judge(text), isSo, text)
})

t.test('what is not understood is said', async (t) => {
  for (const [text, reason] of [
    ['', /it ends/],
    ['Node.Meta.x == "1"', /"Node.Meta.x" is none of Service, /],
    ['Service.Tags', /the filter ends where one of ==/],
    ['Service.Tags matches "a.*"', /"matches" stands where one of ==/],
    ['Service.ID == "a" Service.ID == "b"', /one too many; "and" and "or"/],
    ['(Service.ID == "a"', /a "\)" is missing/],
    ['Service.ID == "a', /cannot be read/],
    ['Service.ID is "a"', /followed by "empty"/],
    ['Service.ID not contains "a"', /followed by a condition, or by "in"/],
    [`${'('.repeat(100)}Service.ID == a${')'.repeat(100)}`, /at most 32 deep/],
    [`Service.ID == "${'a'.repeat(2_000)}"`, /at most 1024 characters/],
  ] as const)
    t.match(judge(text), reason, text.slice(0, 40))
})

t.test('whatever comes is read or refused, and in no time', async (t) => {
  const word = fc.constantFrom(
    '(',
    ')',
    'and',
    'or',
    'not',
    'in',
    '==',
    '!=',
    'contains',
    'is',
    'empty',
    'ServiceTags',
    '"a"',
    '"',
    '\\',
    '`',
    '=',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(word, { maxLength: 60 }).map((words) => words.join(' ')),
        fc.string({ maxLength: 40 }),
      ),
      (text) => {
        const result = judge(text)
        return typeof result === 'boolean' || result.startsWith('filter: ')
      },
    ),
    { numRuns: 5_000 },
  )
  t.pass()
})
