import t from 'tap'
import type { BoardView } from '../../../cli/demo/board.ts'
import { formatBoard } from '../../../cli/demo/board.ts'
import { createStory } from '../../../cli/demo/story.ts'
import type { Instance } from '../../../discovery/registry/instance.ts'

const instance: Instance = {
  service: 'answer',
  id: 'answer-1',
  address: 'tcp://127.0.0.1:4242',
  protocol: 'tcp',
  host: '127.0.0.1',
  port: 4242,
  zone: '',
  version: '',
  weight: 10,
  tags: [],
  meta: {},
  status: 'passing',
  kind: 'service',
  by: undefined,
  state: 'alive',
  detached: false,
  unsure: true,
  conflict: false,
  lastAnswerMs: 0,
  roundTripMs: 1,
  misses: 0,
  load: undefined,
  inflight: undefined,
}

const plain = (_colour: string, text: string): string => text

function createView(view: Partial<BoardView>): BoardView {
  return { instances: [], members: [], news: [], toTry: ['curl x'], round: 7, isFrozen: false, rows: 40, ...view }
}

t.test('each instance stands in one row with its process', async (t) => {
  const members = [{ service: 'answer', id: 'answer-1', pid: 99, ending: undefined }] as const
  const board = formatBoard(createView({ instances: [instance], members }), plain).join('\n')
  t.match(board, /answer +answer-1 +● alive +tcp:\/\/127\.0\.0\.1:4242 +pid 99\n/)
  t.match(board, 'round 7')
  t.match(board, 'curl x')
})

t.test('an instance whose process is dead is shown for as long as it is on the roll', async (t) => {
  const board = formatBoard(createView({ instances: [{ ...instance, state: 'suspect' }] }), plain).join('\n')
  t.match(board, /answer-1 +◐ suspect .* gone/)
})

t.test('a process that is not on the roll yet is shown as such', async (t) => {
  const members = [{ service: 'web', id: 'web-1', pid: 99, ending: undefined }] as const
  t.match(formatBoard(createView({ members }), plain).join('\n'), /web +web-1 +○ not on the roll/)
})

t.test('ids are in the order of their numbers', async (t) => {
  const instances = ['answer-10', 'answer-9'].map((id) => ({ ...instance, id }))
  const board = formatBoard(createView({ instances }), plain).join('\n')
  t.ok(board.indexOf('answer-9') < board.indexOf('answer-10'))
})

t.test('the board fits the terminal: the oldest news make room', async (t) => {
  const news = Array.from({ length: 50 }, (_, index) => `news ${index}`)
  const board = formatBoard(createView({ news, rows: 20 }), plain)
  t.equal(board.length, 20)
  t.match(board.join('\n'), 'news 49')
  t.notMatch(board.join('\n'), 'news 1\n')
  t.equal(formatBoard(createView({ news, rows: 3 }), plain).length, 3)
})

t.test('the story says how long after the act the daemon noticed', async (t) => {
  const story = createStory()
  t.match(story.act('killed', { id: 'answer-1', pid: 99 }, 1000), { id: 'answer-1', text: /^killed.* 99$/ })
  const line = story.change({ sequence: 1, type: 'suspected', atMs: 1004, instance })
  t.match(line, { id: 'answer-1', text: /suspect.*\(4\.0 ms later\)/ })
})

t.test('a change without an act before it has no time', async (t) => {
  const line = createStory().change({ sequence: 1, type: 'left', atMs: 1004, instance })
  t.equal(line?.text, 'is off the roll')
})

t.test('a change of the details is no news', async (t) => {
  t.equal(createStory().change({ sequence: 1, type: 'updated', atMs: 1, instance }), undefined)
})

t.test('what an instance does as a member of a cluster is no news beside what it does as a service', async (t) => {
  const member = { ...instance, kind: 'member' } as const
  t.equal(createStory().change({ sequence: 1, type: 'joined', atMs: 1, instance: member }), undefined)
})
