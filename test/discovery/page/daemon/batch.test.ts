import t from 'tap'
import { createBatch } from '../../../../discovery/page/daemon/batch.ts'
import { createFakeClock } from '../../../fixtures/fake-clock.ts'

function open() {
  const clock = createFakeClock()
  const frames = new Set<() => void>()
  const applied: (readonly number[])[] = []
  const batch = createBatch<number>({
    clock,
    onFrame(run) {
      frames.add(run)
      return () => frames.delete(run)
    },
    apply: (items) => void applied.push(items),
  })
  const draw = () => {
    for (const run of frames) {
      frames.delete(run)
      run()
    }
  }
  return { clock, frames, applied, batch, draw }
}

t.test('what comes between two frames is applied once, in order', async (t) => {
  const { clock, applied, batch, draw } = open()
  for (const item of [1, 2, 3]) batch.add(item)
  t.same(applied, [])
  draw()
  batch.add(4)
  draw()
  draw()
  t.same(applied, [[1, 2, 3], [4]])
  t.equal(clock.pending, 0)
})

t.test('a page that is not drawn is not behind for long', async (t) => {
  const { clock, frames, applied, batch } = open()
  batch.add(1)
  clock.advance(500)
  t.same(applied, [[1]])
  t.equal(frames.size, 0)
})

t.test('a flush applies what there is, and nothing twice', async (t) => {
  const { clock, applied, batch, draw } = open()
  batch.flush()
  batch.add(1)
  batch.flush()
  draw()
  clock.advance(500)
  t.same(applied, [[1]])
})
