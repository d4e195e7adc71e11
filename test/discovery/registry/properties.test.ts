// What holds whatever happens: random answers, silences, detaches and returns, in any order.

import fc from 'fast-check'
import t from 'tap'
import type { LoggedInstance } from '../../../discovery/registry/instance.ts'
import type { TestPipe } from '../../fixtures/roll.ts'
import { createRoll, line } from '../../fixtures/roll.ts'

type Step =
  | { readonly type: 'attach' }
  | { readonly type: 'detach'; readonly pipe: number }
  | { readonly type: 'hear'; readonly pipe: number; readonly ids: readonly number[]; readonly boot: number }
  | { readonly type: 'round'; readonly silent: readonly number[]; readonly isLagged: boolean }
  | { readonly type: 'pass'; readonly ms: number }

const pipe = fc.nat({ max: 5 })
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ type: fc.constant('attach' as const) }),
  fc.record({ type: fc.constant('detach' as const), pipe }),
  fc.record({
    type: fc.constant('hear' as const),
    pipe,
    ids: fc.uniqueArray(fc.nat({ max: 6 }), { maxLength: 3 }),
    boot: fc.nat({ max: 1 }),
  }),
  fc.record({ type: fc.constant('round' as const), silent: fc.array(pipe, { maxLength: 4 }), isLagged: fc.boolean() }),
  fc.record({ type: fc.constant('pass' as const), ms: fc.nat({ max: 4_000 }) }),
)

function writeLogged({ id, address, weight, state, detached, unsure }: LoggedInstance): string {
  return JSON.stringify({ id, address, weight, state, detached, unsure })
}

/** Plays the steps, and calls `check` after each. */
function play(steps: readonly Step[], check: (world: ReturnType<typeof createWorld>) => void): void {
  const world = createWorld()
  for (const each of steps) {
    world.take(each)
    check(world)
  }
}

function createWorld() {
  const roll = createRoll()
  const pipes: TestPipe[] = []
  const says = new Map<TestPipe, string[]>()
  const idsOf = new Map<TestPipe, string[]>()
  /** The roll as a follower of the change log has it: all that the log tells. */
  const replayed = new Map<string, LoggedInstance>()
  /** Ids named by the latest answers of the last thing that happened. */
  let justHeard: string[] = []
  roll.registry.changes.subscribe(({ type, instance }) => {
    const key = `${instance.service}/${instance.id}`
    if (type === 'left') replayed.delete(key)
    else replayed.set(key, instance)
  })
  const at = (index: number) => pipes[index % Math.max(1, pipes.length)]
  /** As the survey loop does: who is to be asked alone is asked, and who is silent now misses it. */
  function putQuestions(silent: ReadonlySet<TestPipe | undefined>): void {
    for (let turn = 0; turn < 20; turn += 1) {
      const questions = roll.registry.takeQuestions()
      if (questions.length === 0) return
      for (const asked of pipes.filter((each) => questions.includes(each)))
        if (silent.has(asked)) roll.registry.missAlone(asked, roll.nowMs)
        else roll.hear(asked, ...(says.get(asked) ?? []))
    }
    throw new Error('questions without end')
  }
  return {
    roll,
    replayed,
    get justHeard() {
      return justHeard
    },
    take(each: Step) {
      justHeard = []
      if (each.type === 'attach' && pipes.length < 6) pipes.push(roll.attach())
      const found = 'pipe' in each ? at(each.pipe) : undefined
      if (each.type === 'detach' && found) {
        pipes.splice(pipes.indexOf(found), 1)
        roll.detach(found)
      }
      if (each.type === 'hear' && found) {
        const lines = each.ids.map((id) => line(`i${id}`, { boot: `b${each.boot}` }))
        says.set(found, lines)
        justHeard = each.ids.map((id) => `i${id}`)
        idsOf.set(found, justHeard)
        roll.hear(found, ...lines)
      }
      if (each.type === 'round') {
        const silent = new Set(each.silent.map(at))
        const answering = pipes.filter((one) => !silent.has(one))
        roll.round(
          answering.map((one) => [one, ...(says.get(one) ?? [])] as const),
          each,
        )
        justHeard = answering.flatMap((one) => idsOf.get(one) ?? [])
        putQuestions(silent)
      }
      if (each.type === 'pass') roll.pass(each.ms)
      putQuestions(new Set())
    },
  }
}

const script = fc.array(step, { maxLength: 40 })

t.test(
  'whoever has just answered, in a round or alone, is on the roll, under its id or beside the one that holds it',
  async (t) => {
    fc.assert(
      fc.property(script, (steps) => {
        play(steps, ({ roll, justHeard }) => {
          const claimed = new Set(roll.registry.instances('web').map(({ id }) => id.split('~')[0]))
          for (const id of justHeard) if (!claimed.has(id)) throw new Error(`${id} answered and is not on the roll`)
        })
      }),
      { numRuns: 3_000 },
    )
    t.pass()
  },
)

t.test('the change log replayed is the roll', async (t) => {
  fc.assert(
    fc.property(script, (steps) => {
      play(steps, ({ roll, replayed }) => {
        const real = roll.registry.instances('web').map(writeLogged).toSorted().join('\n')
        const followed = [...replayed.values()].map(writeLogged).toSorted().join('\n')
        if (real !== followed) throw new Error(`${real}\nis followed as\n${followed}`)
      })
    }),
    { numRuns: 3_000 },
  )
  t.pass()
})

t.test('the counts are those of the roll, and nobody stays suspect for ever', async (t) => {
  fc.assert(
    fc.property(script, (steps) => {
      play(steps, ({ roll }) => {
        const instances = roll.registry.instances('web')
        const alive = instances.filter(({ state }) => state === 'alive').length
        const { counts } = roll.registry
        if (counts.alive !== alive || counts.suspect !== instances.length - alive)
          throw new Error(JSON.stringify(counts))
      })
      const world = createWorld()
      for (const each of steps) world.take(each)
      for (let i = 0; i < 60; i += 1) world.roll.round([])
      return world.roll.registry.instances('web').length === 0
    }),
    { numRuns: 2_000 },
  )
  t.pass()
})

t.test('"nobody" is never said while somebody who passes is on the roll', async (t) => {
  fc.assert(
    fc.property(script, (steps) => {
      play(steps, ({ roll }) => {
        const isThere = roll.registry.instances('web').length > 0
        const { outcome } = roll.registry.choose('web')
        if (isThere !== (outcome === 'PROVIDER')) throw new Error(outcome)
      })
    }),
    { numRuns: 3_000 },
  )
  t.pass()
})
