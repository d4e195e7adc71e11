import t from 'tap'
import fc from 'fast-check'
import { feedState, formatFeed, formatFollow, readFeed } from '../../../messaging/roll/feed-lines.ts'

t.test('what is told is read', async (t) => {
  const line = '{"service":"web","id":"web-1","address":"tcp://10.0.0.7:80","kind":"member"}'
  const text = formatFeed({ epoch: 'ab12', sequence: 7 }, 'changes', [{ state: 'suspect', line }], ['web-2', 'web 3'])
  t.match(readFeed(Buffer.from(text)), {
    position: { epoch: 'ab12', sequence: 7 },
    form: 'changes',
    present: [{ id: 'web-1', host: '10.0.0.7', kind: 'member', state: 'suspect' }],
    left: ['web-2', 'web 3'],
  })
  t.match(readFeed(Buffer.from('ab12 0 snapshot')), { form: 'snapshot', present: [], left: [] })
})

t.test('a state is one word, and read as what a choice needs', async (t) => {
  const line = '{"service":"a","id":"i","address":"http://h:1"}'
  for (const [state, detached] of [
    ['alive', false],
    ['suspect', false],
    ['suspect', true],
  ] as const) {
    const text = formatFeed(
      { epoch: 'ab', sequence: 1 },
      'snapshot',
      [{ state: feedState({ state, detached }), line }],
      [],
    )
    t.match(readFeed(Buffer.from(text))?.present, [{ state, detached, address: 'http://h:1' }])
  }
})

t.test('what cannot be read is no feed, and a bad line costs no other', async (t) => {
  for (const text of ['', 'error warming-up not yet', 'ab12 x snapshot', 'ab12 1 rumour', 'xyz 1 snapshot'])
    t.equal(readFeed(Buffer.from(text)), undefined)
  const reply = readFeed(
    Buffer.from(
      'ab 1 snapshot\n+ alive nonsense\n+ asleep a|tcp://h:1\nhm\n+ alive {"service":"a","id":"i","address":"tcp://h:1"}',
    ),
  )
  t.match(reply?.present, [{ id: 'i' }])
})

t.test('a question has the position, where there is one', async (t) => {
  t.equal(formatFollow('member', 'web', undefined), 'follow member web')
  t.equal(formatFollow('topic', 'web', { epoch: 'ab', sequence: 3 }), 'follow topic web ab 3')
})

t.test('no bytes make the reader throw', async (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.boolean(), (bytes, withHead) => {
      readFeed(Buffer.concat([Buffer.from(withHead ? 'ab 1 snapshot\n+ alive ' : ''), bytes]))
    }),
    { numRuns: 20_000 },
  )
  t.pass()
})
