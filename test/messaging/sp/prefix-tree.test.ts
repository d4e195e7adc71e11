import t from 'tap'
import fc from 'fast-check'
import { PrefixTree } from '../../../messaging/sp/patterns/prefix-tree.ts'
import { formatSubscriptions, readSubscriptions } from '../../../messaging/sp/patterns/subscription-frame.ts'

/** Few letters, so that prefixes share beginnings. */
const prefixes = fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 6 }).map((bytes) => Buffer.from(bytes))

t.test('the tree says what a plain list of prefixes says, however it grew and shrank', async (t) => {
  const steps = fc.array(fc.record({ isAdded: fc.boolean(), prefix: prefixes }), { maxLength: 40 })
  fc.assert(
    fc.property(steps, fc.array(prefixes, { minLength: 5, maxLength: 5 }), (changes, messages) => {
      const tree = new PrefixTree()
      const list: string[] = []
      for (const { isAdded, prefix } of changes) {
        const text = prefix.toString('hex')
        const at = list.indexOf(text)
        if (isAdded) {
          if (tree.add(prefix) !== at < 0) return false
          list.push(text)
        } else {
          if (at >= 0) list.splice(at, 1)
          if (tree.remove(prefix) !== (at >= 0 && !list.includes(text))) return false
        }
      }
      if (tree.size !== new Set(list).size) return false
      const listed = [...tree].map((prefix) => prefix.toString('hex')).toSorted()
      if (listed.join() !== [...new Set(list)].toSorted().join()) return false
      return messages.every(
        (message) => tree.matches(message) === list.some((prefix) => message.toString('hex').startsWith(prefix)),
      )
    }),
    { numRuns: 20_000 },
  )
  t.pass()
})

t.test('the empty prefix is everything, and bytes over 127 are bytes', async (t) => {
  const tree = new PrefixTree()
  t.equal(tree.matches(Buffer.alloc(0)), false)
  tree.add(Buffer.from([0xff, 0x80]))
  t.equal(tree.matches(Buffer.from([0xff, 0x80, 0x00])), true)
  t.equal(tree.matches(Buffer.from([0xff])), false)
  tree.add(Buffer.alloc(0))
  t.equal(tree.matches(Buffer.alloc(0)), true)
  t.equal(tree.matches(Buffer.from('x')), true)
})

t.test('what is told is read as it was meant, in as many frames as it takes', async (t) => {
  const many = Array.from({ length: 20_000 }, (_, i) => Buffer.from(`prefix-${i}`))
  const frames = [...formatSubscriptions('subscribe', many)]
  t.ok(frames.length > 1)
  const told = frames.map(readSubscriptions)
  t.ok(told.every((frame) => frame?.change === 'subscribe'))
  t.same(
    told.flatMap((frame) => frame?.prefixes.map(String) ?? []),
    many.map(String),
  )
  t.match(readSubscriptions(Buffer.from([2])), { change: 'unsubscribe', prefixes: [] })
  for (const bad of [[], [3], [1, 0, 0], [1, 0, 0, 0, 2, 65]]) t.equal(readSubscriptions(Buffer.from(bad)), undefined)
})

t.test('no frame of random bytes does harm', async (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      const told = readSubscriptions(Buffer.from(bytes))
      return told === undefined || told.prefixes.every((prefix) => prefix.length <= 64)
    }),
    { numRuns: 10_000 },
  )
  t.pass()
})
