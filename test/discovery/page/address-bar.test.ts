import t from 'tap'
import { readFragment, writeFragment } from '../../../discovery/page/address-bar.ts'

t.test('what was chosen comes back from the address', async (t) => {
  for (const choice of [
    { query: '', condition: undefined, selected: '' },
    { query: 'zone:eu-1a & more', condition: 'suspect' as const, selected: 'web/tcp://10.0.0.7:8080' },
  ]) {
    t.same(readFragment(writeFragment(choice)), choice)
  }
  t.equal(writeFragment({ query: '', condition: undefined, selected: '' }), '')
  t.match(readFragment('#state=nonsense&instance=web/web-1'), { condition: undefined, selected: 'web/web-1' })
})
