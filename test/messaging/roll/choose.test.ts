import t from 'tap'
import type { Choosable } from '../../../messaging/roll/choose.ts'
import { planChoice } from '../../../messaging/roll/choose.ts'
import { createRandom } from '../../fixtures/random.ts'

interface Instance extends Choosable {
  readonly id: string
}

function instance(id: string, fields: Partial<Choosable> = {}): Instance {
  return {
    id,
    state: 'alive',
    detached: false,
    status: 'passing',
    protocol: 'tcp',
    zone: '',
    version: '',
    weight: 1,
    tags: [],
    ...fields,
  }
}

/** Everyone who is ever drawn, which is everyone who is listed, or the outcome. */
function drawn(instances: readonly Instance[], filter = {}): string {
  const plan = planChoice(instances, filter)
  const random = createRandom(1)
  const found = new Set<string>()
  for (let i = 0; i < 200; i += 1) {
    const choice = plan.draw(random)
    found.add(choice.outcome === 'PROVIDER' ? choice.instance.id : choice.outcome)
  }
  const ever = [...found].toSorted().join(' ')
  const { all } = plan
  const listed = all.outcome === 'PROVIDERS' ? all.instances.map(({ id }) => id).join(' ') : all.outcome
  return ever === listed ? ever : `drawn: ${ever}; listed: ${listed}`
}

const tiers: readonly Instance[] = [
  instance('alive-passing'),
  instance('alive-warning', { status: 'warning' }),
  instance('suspect-passing', { state: 'suspect' }),
  instance('suspect-warning', { state: 'suspect', status: 'warning' }),
  instance('detached', { state: 'suspect', detached: true }),
]
const neverHandedOut: readonly Instance[] = [
  instance('critical', { status: 'critical' }),
  instance('draining', { status: 'draining' }),
]

t.test('the best that is there is handed out, and nobody else', async (t) => {
  for (let best = 0; best < tiers.length; best += 1)
    t.equal(drawn([...tiers.slice(best), ...neverHandedOut]), tiers[best]?.id)
  t.equal(drawn(neverHandedOut), 'NONE_PASSING')
  t.equal(drawn([]), 'UNKNOWN_SERVICE')
})

t.test('filters are hard and come first', async (t) => {
  const fleet = [
    instance('a', { zone: 'eu', tags: ['canary'], version: '1.4.2' }),
    instance('b', { zone: 'us', tags: ['canary', 'big'], version: '2.0.0' }),
    instance('c', { zone: 'us', version: 'not semver', state: 'suspect' }),
  ]
  t.equal(drawn(fleet, { zone: 'us' }), 'b')
  t.equal(drawn(fleet, { zone: 'asia' }), 'NO_MATCH')
  t.equal(drawn(fleet, { tags: ['canary'] }), 'a b')
  t.equal(drawn(fleet, { tags: ['canary', '!big'] }), 'a')
  t.equal(drawn(fleet, { tags: ['!canary'] }), 'c', 'suspect, and the only one')
  t.equal(drawn(fleet, { version: '^1.0.0' }), 'a')
  t.equal(drawn(fleet, { version: '>=1' }), 'a b')
  t.equal(drawn(fleet, { version: '^3' }), 'NO_MATCH')
  t.equal(drawn(fleet, { zone: 'us', tags: ['big'], version: '2.x' }), 'b')
})

t.test('a protocol is a filter too', async (t) => {
  const fleet = [instance('a', { protocol: 'http', state: 'suspect' }), instance('b')]
  t.equal(drawn(fleet, { protocols: ['http'] }), 'a')
  t.equal(drawn(fleet, { protocols: ['http', 'tcp'] }), 'b')
  t.equal(drawn(fleet, { protocols: [] }), 'NO_MATCH')
})

t.test('near prefers a zone within the tier, and gives the others where it has nobody', async (t) => {
  const fleet = [instance('a', { zone: 'eu' }), instance('b', { zone: 'us' }), instance('c', { zone: 'us' })]
  t.equal(drawn(fleet, { near: 'us' }), 'b c')
  t.equal(drawn(fleet, { near: 'asia' }), 'a b c')
  t.equal(drawn([...fleet, instance('d', { zone: 'asia', state: 'suspect' })], { near: 'asia' }), 'a b c')
})

t.test('weight 0 is handed out only when there is nothing else', async (t) => {
  t.equal(drawn([instance('a', { weight: 0 }), instance('b', { weight: 3 })]), 'b')
  t.equal(drawn([instance('a', { weight: 0 }), instance('b', { weight: 0 })]), 'a b')
})

t.test('choice is uniform, and by weight, within what chance allows', async (t) => {
  const draws = 100_000
  const shapes = [Array<number>(10).fill(1), [1, 2, 3, 4], [100, 1, 0, 1], Array<number>(1_000).fill(7)]
  for (const weights of shapes) {
    const plan = planChoice(weights.map((weight, i) => instance(String(i), { weight })))
    const random = createRandom(42)
    const counts = weights.map(() => 0)
    for (let i = 0; i < draws; i += 1) {
      const choice = plan.draw(random)
      if (choice.outcome === 'PROVIDER')
        counts[Number(choice.instance.id)] = (counts[Number(choice.instance.id)] ?? 0) + 1
    }
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    const chiSquare = counts.reduce((sum, count, i) => {
      const expected = (draws * (weights[i] ?? 0)) / total
      return expected === 0 ? sum + count * draws : sum + (count - expected) ** 2 / expected
    }, 0)
    const freedom = weights.filter((weight) => weight > 0).length - 1
    // Five standard deviations of a chi-square distribution: less than one in a million.
    t.ok(chiSquare < freedom + 5 * Math.sqrt(2 * freedom), `${weights.length} providers: chi-square ${chiSquare}`)
  }
})
