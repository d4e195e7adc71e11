import t from 'tap'
import { createRoll, line } from '../../fixtures/roll.ts'

t.test('a choice follows the roll from one answer to the next', async (t) => {
  const roll = createRoll()
  const pipe = roll.attach()
  const id = (filter = {}) => {
    const choice = roll.registry.choose('web', filter)
    return choice.outcome === 'PROVIDER' ? choice.instance.id : choice.outcome
  }
  t.equal(id(), 'UNKNOWN_SERVICE')
  roll.hear(pipe, line('a'))
  t.equal(id(), 'a')
  const all = roll.registry.chooseAll('web')
  roll.hear(pipe, line('a'))
  t.equal(roll.registry.chooseAll('web'), all, 'the same list, and the same object, until something changes')
  t.equal(id({ zone: 'eu' }), 'NO_MATCH')
  roll.hear(pipe, line('a', { zone: 'eu' }))
  t.equal(id({ zone: 'eu' }), 'a')
  roll.hear(pipe, line('a', { status: 'critical' }))
  t.equal(id(), 'NONE_PASSING')
  roll.hear(pipe)
  t.equal(id(), 'UNKNOWN_SERVICE')
})
