import t from 'tap'
import { createRateLimit } from '../../../../discovery/lookup/http/rate-limit.ts'

t.test('an address has so many a second, and again as many in the next', async (t) => {
  const limit = createRateLimit(2)
  const take = (address: string, nowMs: number) => limit.take(address, nowMs)
  t.same(
    [take('10.0.0.1', 0), take('10.0.0.1', 500), take('10.0.0.1', 999), take('10.0.0.2', 999)],
    [true, true, false, true],
  )
  t.same([take('10.0.0.1', 1_000), take('10.0.0.1', 1_001), take('10.0.0.1', 1_002)], [true, true, false])
})

t.test('0 is any number', async (t) => {
  const limit = createRateLimit(0)
  for (let at = 0; at < 1_000; at += 1) t.ok(limit.take('10.0.0.1', 0))
})

t.test('a network of IPv6 is one address, and IPv4 is the same in either form', async (t) => {
  const limit = createRateLimit(1)
  t.ok(limit.take('2001:db8:1:2::1', 0))
  t.notOk(limit.take('2001:db8:1:2:ffff::7', 0))
  t.ok(limit.take('2001:db8:1:3::1', 0))
  t.ok(limit.take('10.0.0.1', 0))
  t.notOk(limit.take('::ffff:10.0.0.1', 0))
  t.ok(limit.take('fe80::1%eth0', 0), 'a zone is no network')
  t.ok(limit.take(undefined, 0), 'nor is a connection that has gone')
})
