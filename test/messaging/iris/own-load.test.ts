import t from 'tap'
import { Histogram } from '../../../messaging/iris/histogram.ts'
import { createCpuGauge, createOwnLoad } from '../../../messaging/iris/own-load.ts'
import { createFakeClock } from '../../fixtures/fake-clock.ts'

t.test('the share of the quota of cgroup v2 that was used since the last look', async (t) => {
  const clock = createFakeClock()
  const files = new Map([
    ['/sys/fs/cgroup/cpu.max', '50000 100000\n'],
    ['/sys/fs/cgroup/cpu.stat', 'usage_usec 1000000\nuser_usec 5\n'],
  ])
  const gauge = createCpuGauge(clock, (path) => files.get(path))
  clock.advance(1_000)
  files.set('/sys/fs/cgroup/cpu.stat', 'usage_usec 1250000\nuser_usec 5\n')
  t.equal(gauge(), 0.5, '250 ms of the 500 that half a CPU has in a second')
  files.set('/sys/fs/cgroup/cpu.stat', 'usage_usec 9000000\n')
  clock.advance(100)
  t.equal(gauge(), 0.5, 'steady within a window')
  clock.advance(500)
  t.equal(gauge(), 1, 'never more than all')
})

t.test('and of cgroup v1', async (t) => {
  const clock = createFakeClock()
  const files = new Map([
    ['/sys/fs/cgroup/cpu/cpu.cfs_quota_us', '200000\n'],
    ['/sys/fs/cgroup/cpu/cpu.cfs_period_us', '100000\n'],
    ['/sys/fs/cgroup/cpuacct/cpuacct.usage', '0\n'],
  ])
  const gauge = createCpuGauge(clock, (path) => files.get(path))
  clock.advance(1_000)
  files.set('/sys/fs/cgroup/cpuacct/cpuacct.usage', '500000000\n')
  t.equal(gauge(), 0.25)
})

t.test('without a quota, or where the files make no sense, nothing is said of the CPU', async (t) => {
  for (const files of [
    new Map<string, string>(),
    new Map([
      ['/sys/fs/cgroup/cpu.max', 'max 100000\n'],
      ['/sys/fs/cgroup/cpu.stat', 'usage_usec 1000000\n'],
    ]),
    new Map([
      ['/sys/fs/cgroup/cpu.max', 'nonsense\n'],
      ['/sys/fs/cgroup/cpu.stat', 'usage_usec 7\n'],
    ]),
    new Map([
      ['/sys/fs/cgroup/cpu/cpu.cfs_quota_us', '-1\n'],
      ['/sys/fs/cgroup/cpu/cpu.cfs_period_us', '100000\n'],
      ['/sys/fs/cgroup/cpu/cpuacct.usage', '5\n'],
    ]),
  ]) {
    const clock = createFakeClock()
    const gauge = createCpuGauge(clock, (path) => files.get(path))
    clock.advance(1_000)
    t.equal(gauge(), 0)
  }
})

t.test('the own load is that of the event loop or of the CPU, whichever is more', async (t) => {
  const clock = createFakeClock()
  let usedUs = 0
  const load = createOwnLoad(clock, (path) => (path.endsWith('cpu.max') ? '100000 100000' : `usage_usec ${usedUs}`))
  clock.advance(1_000)
  usedUs = 1_000_000
  t.equal(load(), 1)
  const real = createOwnLoad(clock)()
  t.ok(real >= 0 && real <= 1, 'this machine has one as well')
})

t.test('a histogram gives quantiles within a tenth, whatever the size', async (t) => {
  const histogram = new Histogram()
  t.same(histogram.summary(), { count: 0, meanMs: 0, p50Ms: 0, p99Ms: 0, maxMs: 0 })
  for (let i = 1; i <= 10_000; i += 1) histogram.record(i / 100)
  const { count, meanMs, p50Ms, p99Ms, maxMs } = histogram.summary()
  t.equal(count, 10_000)
  t.equal(maxMs, 100)
  t.ok(Math.abs(meanMs - 50) < 0.1)
  t.ok(p50Ms >= 50 && p50Ms < 55)
  t.ok(p99Ms >= 99 && p99Ms <= 100)
  histogram.record(0)
  histogram.record(1e12)
  t.equal(histogram.summary().maxMs, 1e12)
})
