import t from 'tap'
import type { Candidate, Standing } from '../../../messaging/iris/balance.ts'
import type { Member } from '../../../messaging/iris/roster.ts'
import { cost, createStanding, draw, noteFailure, noteSuccess, planBalance } from '../../../messaging/iris/balance.ts'

function candidate(id: string, fields: Partial<Member> = {}): Candidate {
  const member: Member = { id, address: '', zone: '', weight: 1, status: 'passing', state: 'alive', ...fields }
  return { member, standing: createStanding() }
}

/** Numbers from 0 to 1, evenly and in no order that matters. */
function createRandom(): () => number {
  let at = 0
  return () => (at = (at + 0.618_033_988_75) % 1)
}

/** How often each is drawn in a thousand draws. */
function shares(
  candidates: readonly Candidate[],
  options: { zone?: string; nowMs?: number; tried?: Set<Standing> } = {},
) {
  const plan = planBalance(candidates, options.zone ?? '')
  const random = createRandom()
  const counts: Record<string, number> = {}
  for (let i = 0; i < 1_000; i += 1) {
    const drawn = draw(plan, { balance: 'random', random, nowMs: options.nowMs ?? 0, tried: options.tried })
    const id = drawn?.member.id ?? 'nobody'
    counts[id] = (counts[id] ?? 0) + 1
  }
  return counts
}

t.test('at random by weight; weight 0 only when there is nobody else', async (t) => {
  const counts = shares([candidate('a'), candidate('b', { weight: 3 }), candidate('c', { weight: 0 })])
  t.ok(Math.abs((counts['b'] ?? 0) - 750) < 30, `${counts['b']} of 1,000`)
  t.equal(counts['c'], undefined)
  t.same(shares([candidate('c', { weight: 0 })]), { c: 1_000 })
})

t.test('near first, then far, then who warns, suspects last; critical and draining never', async (t) => {
  const near = candidate('near', { zone: 'eu' })
  const far = candidate('far', { zone: 'us' })
  const warning = candidate('warning', { zone: 'eu', status: 'warning' })
  const suspect = candidate('suspect', { zone: 'eu', state: 'suspect' })
  const never = [candidate('critical', { status: 'critical' }), candidate('draining', { status: 'draining' })]
  const order = [near, far, warning, suspect]
  for (let from = 0; from < order.length; from += 1)
    t.same(shares([...order.slice(from), ...never], { zone: 'eu' }), { [order[from]?.member.id ?? '']: 1_000 })
  t.same(shares(never), { nobody: 1_000 })
})

t.test('who erred is avoided, twice as long each time up to a bound, unless there is nobody else', async (t) => {
  const [a, b] = [candidate('a'), candidate('b')]
  noteFailure(a.standing, 0)
  t.same(shares([a, b], { nowMs: 200 }), { b: 1_000 })
  t.ok((shares([a, b], { nowMs: 250 })['a'] ?? 0) > 400)
  t.same(shares([a], { nowMs: 0 }), { a: 1_000 })
  noteFailure(a.standing, 1_000)
  t.equal(a.standing.avoidUntilMs, 1_500)
  for (let i = 0; i < 50; i += 1) noteFailure(a.standing, 0)
  t.equal(a.standing.avoidUntilMs, 10_000)
  noteSuccess(a.standing, 0, 0)
  t.ok((shares([a, b])['a'] ?? 0) > 400)
})

t.test('a far member that works comes before a near one that erred', async (t) => {
  const near = candidate('near', { zone: 'eu' })
  noteFailure(near.standing, 0)
  t.same(shares([near, candidate('far', { zone: 'us' })], { zone: 'eu' }), { far: 1_000 })
})

t.test('who was asked already is not asked again, even when nobody else is left', async (t) => {
  const candidates = Array.from({ length: 20 }, (_, i) => candidate(String(i)))
  const last = candidates[7]
  const tried = new Set(candidates.filter((one) => one !== last).map(({ standing }) => standing))
  t.same(shares(candidates, { tried }), { '7': 1_000 })
  if (last) tried.add(last.standing)
  t.same(shares(candidates, { tried }), { nobody: 1_000 })
})

t.test(
  'least-loaded takes the better of two, by what is in flight and by the load last heard, which fades',
  async (t) => {
    const busy = candidate('busy')
    const idle = candidate('idle')
    const plan = planBalance([busy, idle], '')
    const drawAt = (nowMs: number) => {
      const random = createRandom()
      let idleCount = 0
      for (let i = 0; i < 1_000; i += 1)
        if (draw(plan, { balance: 'least-loaded', random, nowMs, tried: undefined }) === idle) idleCount += 1
      return idleCount
    }
    busy.standing.inFlight = 10
    t.ok(drawAt(0) > 700, 'of two draws one is enough')
    busy.standing.inFlight = 0
    noteSuccess(busy.standing, 0.9, 0)
    t.ok(drawAt(0) > 700)
    t.ok(cost(busy.standing, 0) > cost(busy.standing, 2_000))
    t.ok(cost(busy.standing, 60_000) < 1.01)
  },
)
