import t from 'tap'
import { createWindow } from '../../../../discovery/page/roll/window.ts'

const view = { count: 1_000, rowHeight: 30, visibleHeight: 900 }

t.test('what can be seen is drawn, with some rows on either side, and no more', async (t) => {
  for (const scrolled of [-400, 0, 15, 3_000, 29_100, 40_000]) {
    const { start, end } = createWindow({ ...view, scrolled })
    const firstSeen = Math.min(1_000, Math.max(0, Math.floor(scrolled / 30)))
    const lastSeen = Math.min(1_000, Math.max(0, Math.ceil((scrolled + 900) / 30)))
    t.ok(start <= firstSeen && end >= lastSeen, `${scrolled}: ${start} to ${end}`)
    t.ok(end - start <= 60, `${end - start} rows`)
    t.ok(start >= 0 && end <= 1_000)
  }
})

t.test('a short table is drawn whole, an empty one not at all', async (t) => {
  t.same(createWindow({ ...view, count: 5, scrolled: 0 }), { start: 0, end: 5 })
  t.same(createWindow({ ...view, count: 0, scrolled: 500 }), { start: 0, end: 0 })
})
