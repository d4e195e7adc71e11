// The judges judged: each promise on a history that keeps it, and on one that breaks it.

import type { HistoryRecord, LookupAnswer, LookupRecord, WatchRecord } from './history.ts'
import t from 'tap'
import { chiSquareProbability } from './chi-square.ts'
import { exampleSettings } from './example-settings.ts'
import { judgeHistory } from './promises.ts'

const run: HistoryRecord = {
  type: 'run',
  seed: 1,
  mode: 'in-process',
  settings: exampleSettings,
}

type Provider = NonNullable<Extract<HistoryRecord, { type: 'life' }>['provider']>

function addressOf(host: string): string {
  return `tcp://${host}:80`
}

function up(host: string, atMs: number, provider?: Partial<Provider>): HistoryRecord[] {
  const line = provider && { provider: { service: 'web', id: host, address: addressOf(host), ...provider } }
  return (['starting', 'up'] as const).map((is) => ({ type: 'life', atMs, host, is, ...line }))
}

function killed(host: string, atMs: number): HistoryRecord[] {
  return (['stopping', 'down'] as const).map((is) => ({ type: 'life', atMs, host, is, how: 'killed' }))
}

let lastFault = 0
function fault(
  kind: Extract<HistoryRecord, { type: 'fault' }>['kind'],
  fromMs: number,
  toMs: number,
  ...hosts: string[]
) {
  lastFault += 1
  const each = { type: 'fault', fault: lastFault, kind, hosts } as const
  return [
    { ...each, phase: 'beginning', atMs: fromMs },
    { ...each, phase: 'begun', atMs: fromMs },
    { ...each, phase: 'ending', atMs: toMs },
    { ...each, phase: 'ended', atMs: toMs },
  ] satisfies HistoryRecord[]
}

function asked(atMs: number, answer: LookupAnswer | string[], fields: Partial<LookupRecord> = {}): HistoryRecord {
  const given: LookupAnswer = Array.isArray(answer)
    ? { outcome: 'PROVIDERS', providers: answer.map((host) => ({ address: addressOf(host) })) }
    : answer
  const common = { client: 'c', door: 'http', daemon: 'd1', asked: 'resolve', service: 'web', fromMs: atMs } as const
  return { type: 'lookup', ...common, atMs, answer: given, ...fields }
}

function told(
  event: WatchRecord['event'],
  atMs: number,
  hosts: readonly string[],
  fields: Partial<WatchRecord> = {},
): HistoryRecord {
  const state = event === 'suspected' ? 'suspect' : 'alive'
  const instances = hosts.map((host) => {
    return { service: 'web', id: host, address: addressOf(host), state, detached: false }
  })
  return { type: 'watch', client: 'w', daemon: 'd1', atMs, event, instances, ...fields }
}

const nobody = { outcome: 'NOBODY' } as const
const fleet = [...up('d1', 0), ...up('a', 0, {}), ...up('b', 0, {})]

/** The promises that these records break, in order of time as they would have come. */
function brokenBy(...records: readonly HistoryRecord[]): string[] {
  const history = [run, ...records.toSorted((a, b) => timeOf(a) - timeOf(b))]
  return judgeHistory(history).flatMap(({ promise, violations }) => (violations.length > 0 ? [promise.name] : []))
}

function timeOf(record: HistoryRecord): number {
  return record.type === 'run' ? 0 : record.atMs
}

t.test('who was killed may be handed out for as long as a message travels, while there is another', async (t) => {
  t.same(brokenBy(...fleet, ...killed('a', 20_000), asked(20_040, ['a'])), [])
  t.same(brokenBy(...fleet, ...killed('a', 20_000), asked(20_060, ['a'])), ['suspects-last'])
})

t.test('an answer that took long may have been made at its end', async (t) => {
  const slow = [...fault('disconnect', 20_000, 26_000, 'd1'), asked(26_500, ['a'], { fromMs: 25_500 })]
  t.same(brokenBy(...fleet, ...slow), [])
  const early = [...fault('disconnect', 20_000, 27_000, 'd1'), asked(26_500, ['a'], { fromMs: 25_500 })]
  t.same(brokenBy(...fleet, ...early), ['alive-within-bound'])
})

t.test('the last one may be handed out until it is gone, and no longer', async (t) => {
  const end = [...killed('b', 15_000), ...killed('a', 20_000)]
  t.same(brokenBy(...fleet, ...end, asked(23_500, ['a'])), [])
  t.same(brokenBy(...fleet, ...end, asked(23_600, ['a'])), ['alive-within-bound'])
})

t.test('who is stopped may be handed out until a round has missed it', async (t) => {
  const stopped = fault('pause', 20_000, 60_000, 'a')
  t.same(brokenBy(...fleet, ...stopped, asked(21_500, ['a'])), [])
  t.same(brokenBy(...fleet, ...stopped, asked(21_600, ['a'])), ['suspects-last'])
  t.same(brokenBy(...fleet, ...stopped, asked(24_000, ['a'])), ['alive-within-bound', 'suspects-last'])
})

t.test('the time that a daemon slept is no time in which it could find out', async (t) => {
  const slept = [...fault('pause', 19_000, 59_000, 'd1'), ...fault('pause', 19_500, 90_000, 'a')]
  t.same(brokenBy(...fleet, ...slept, asked(60_000, ['a'])), [])
  t.same(brokenBy(...fleet, ...slept, asked(65_000, ['a'])), ['alive-within-bound', 'suspects-last'])
})

function stall(fromMs: number, atMs: number, daemon?: string): HistoryRecord {
  return { type: 'stall', fromMs, atMs, ...(daemon !== undefined && { daemon }) }
}

t.test('a time in which a daemon, or everybody, was held up is held against no daemon', async (t) => {
  const stopped = fault('pause', 20_000, 60_000, 'a')
  const late = [...fleet, ...up('d2', 0), ...stopped, asked(21_800, ['a'])]
  t.same(brokenBy(...late), ['suspects-last'])
  t.same(brokenBy(...late, stall(20_500, 20_800)), [])
  t.same(brokenBy(...late, stall(20_500, 20_800, 'd1')), [])
  t.same(brokenBy(...late, stall(20_500, 20_800, 'd2')), ['suspects-last'])
  t.same(brokenBy(...late, stall(10_000, 10_300)), ['suspects-last'], 'that was before')
})

t.test(
  'who was held up for long with everybody else may have missed its rounds; a daemon alone blames nobody for it',
  async (t) => {
    const left = told('left', 30_000, ['a'])
    t.same(brokenBy(...fleet, left, stall(26_000, 29_000)), [])
    t.same(brokenBy(...fleet, left, stall(26_000, 26_500)), ['removed-for-a-reason'])
    t.same(brokenBy(...fleet, left, stall(26_000, 29_000, 'd1')), ['removed-for-a-reason'])
  },
)

t.test('"nobody" is wrong while one answers, also of a daemon that has just started', async (t) => {
  const restarted = [...killed('d1', 20_000), ...up('d1', 21_000)]
  t.same(brokenBy(...fleet, ...restarted, asked(21_100, nobody)), ['never-nobody'])
  t.same(brokenBy(...fleet, ...restarted, asked(21_100, { outcome: 'WARMING_UP' })), [])
  t.same(brokenBy(...fleet, ...restarted, asked(40_000, { outcome: 'WARMING_UP' })), ['never-nobody'])
  t.same(brokenBy(...fleet, ...killed('a', 20_000), ...killed('b', 20_000), asked(30_000, nobody)), [])
})

t.test('nobody is removed for less silence than its misses take', async (t) => {
  const left = told('left', 30_000, ['a'])
  t.same(brokenBy(...fleet, left), ['removed-for-a-reason'])
  t.same(brokenBy(...fleet, ...fault('lost-answer', 29_000, 29_100, 'a'), left), ['removed-for-a-reason'])
  t.same(brokenBy(...fleet, ...fault('one-way', 27_000, 40_000, 'a', 'd1'), left), [])
  t.same(brokenBy(...fleet, ...fault('one-way', 27_000, 40_000, 'a', 'd2'), left), ['removed-for-a-reason'])
  t.same(brokenBy(...fleet, left, told('joined', 30_000, ['a'])), [], 'it came back under another id')
})

t.test('a daemon that goes on removes nobody for what it slept through', async (t) => {
  const slept = fault('pause', 20_000, 50_000, 'd1')
  const broken = brokenBy(...fleet, ...slept, told('left', 50_600, ['a']), asked(70_000, ['b']))
  t.same(broken, ['removed-for-a-reason', 'resumed-evicts-nobody'])
})

t.test('a daemon that loses its network removes nobody while it may be to blame', async (t) => {
  const hosts = ['a', 'b', 'c', 'd', 'e', 'f']
  const six = [...up('d1', 0), ...hosts.flatMap((host) => up(host, 0, {}))]
  const cut = fault('disconnect', 20_000, 60_000, 'd1')
  t.same(brokenBy(...six, ...cut, told('left', 24_000, ['a'])), ['no-heap'])
  t.same(brokenBy(...six, ...cut, told('left', 35_600, ['a'])), [])
  t.same(brokenBy(...fleet, ...cut, told('left', 24_000, ['a'])), [], 'of two it may')
})

t.test('many that are killed one after the other are not lost at once', async (t) => {
  const hosts = ['a', 'b', 'c', 'd', 'e', 'f']
  const six = [...up('d1', 0), ...hosts.flatMap((host) => up(host, 0, {}))]
  const killedWithin = (spreadMs: number) =>
    hosts.slice(0, 4).flatMap((host): HistoryRecord[] => [
      { type: 'life', atMs: 20_000, host, is: 'stopping', how: 'killed' },
      { type: 'life', atMs: 20_000 + spreadMs, host, is: 'down', how: 'killed' },
    ])
  t.same(brokenBy(...six, ...killedWithin(100), told('left', 20_600, ['a'])), ['no-heap'])
  t.same(brokenBy(...six, ...killedWithin(1_500), told('left', 22_000, ['a'])), [])
})

t.test('whoever runs is listed, and so is the second of two that claim one id', async (t) => {
  const twins = [...fleet, ...up('c', 0, { id: 'a' })]
  t.same(brokenBy(...twins, asked(30_000, ['a', 'b', 'c'], { asked: 'list' })), [])
  t.same(brokenBy(...twins, asked(30_000, ['a', 'b'], { asked: 'list' })), ['everyone-listed', 'conflicts-lose-nobody'])
  t.same(brokenBy(...twins, asked(30_000, ['a', 'c'], { asked: 'list' })), ['everyone-listed'])
})

t.test('two daemons list the same once it is quiet', async (t) => {
  const two = [...fleet, ...up('d2', 0)]
  const lists = (atMs: number) => [
    asked(atMs, ['a', 'b'], { asked: 'list' }),
    asked(atMs, ['a'], { asked: 'list', daemon: 'd2' }),
  ]
  t.ok(brokenBy(...two, ...lists(30_000)).includes('daemons-agree'))
  t.notOk(brokenBy(...two, ...lists(9_000)).includes('daemons-agree'), 'not before')
})

t.test('the changes of a watch add up to the snapshot of their position', async (t) => {
  const seen = [
    told('snapshot', 1_000, ['a'], { position: 'e-1' }),
    told('joined', 2_000, ['b'], { position: 'e-2' }),
    told('knowledge', 3_000, [], { position: 'e-2' }),
  ]
  const fresh = (hosts: string[]) => told('snapshot', 3_000, hosts, { position: 'e-2', client: 'fresh' })
  t.same(brokenBy(...fleet, ...seen, fresh(['a', 'b'])), [])
  t.same(brokenBy(...fleet, ...seen, fresh(['a'])), ['watch-adds-up'])
  t.same(brokenBy(...fleet, ...seen, fresh(['a', 'b', 'b2'])), ['watch-adds-up', 'no-forged-name'])
})

t.test('a choice that is not even is found out by ten thousand draws', async (t) => {
  const draws = (a: number, b: number): HistoryRecord => ({
    type: 'draws',
    door: 'http',
    daemon: 'd1',
    service: 'web',
    fromMs: 30_000,
    atMs: 30_000,
    counts: { [addressOf('a')]: a, [addressOf('b')]: b },
  })
  t.same(brokenBy(...fleet, draws(5_100, 4_900)), [])
  t.same(brokenBy(...fleet, draws(5_400, 4_600)), ['uniform-choice'])
  t.same(brokenBy(...fleet, draws(540, 460)), [], 'too few say nothing')
})

t.test('the probability of a chi-square statistic is that of the tables', async (t) => {
  const table = [
    [3.841, 1, 0.05],
    [10.828, 1, 0.001],
    [18.307, 10, 0.05],
    [29.588, 10, 0.001],
    [67.505, 50, 0.05],
    [0.004, 1, 0.95],
  ] as const
  for (const [statistic, degrees, probability] of table)
    t.ok(Math.abs(chiSquareProbability(statistic, degrees) / probability - 1) < 0.02, `${statistic} of ${degrees}`)
  t.equal(chiSquareProbability(0, 3), 1)
})

t.test('a name that nobody of the fleet ever had is forged', async (t) => {
  t.same(brokenBy(...fleet, asked(30_000, ['a', 'evil'])), ['no-forged-name'])
})
