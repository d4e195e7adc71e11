import t from 'tap'
import { exitCodes } from '../../../cli/terminal/exit-code.ts'
import type { View } from '../../../cli/terminal/view.ts'
import { showLive, showOnce } from '../../../cli/terminal/view.ts'
import { RollcallError } from '../../../messaging/sp/error.ts'
import { createFakeTerminal } from '../fake-terminal.ts'

const view: View = { lines: ['NAME', 'web'], notes: ['a doubt'], json: [{ name: 'web' }], code: exitCodes.ok }

t.test('what is shown once goes to stdout, what is said about it to stderr', async (t) => {
  const terminal = createFakeTerminal()
  showOnce(terminal, view, { json: false })
  t.equal(terminal.written(), 'NAME\nweb\n')
  t.same(terminal.notes, ['a doubt'])
  t.same(terminal.codes, [0])
})

t.test('as JSON it is one line for each object, and a doubt is not mixed in', async (t) => {
  const terminal = createFakeTerminal()
  showOnce(terminal, view, { json: true })
  t.equal(terminal.written(), '{"name":"web"}\n')
  t.same(terminal.notes, [])
})

t.test('the live form is redrawn in place, and the terminal is left as it was found', async (t) => {
  const terminal = createFakeTerminal()
  let looks = 0
  const showing = showLive(
    terminal,
    async () => {
      looks += 1
      return { ...view, lines: [`look ${looks}`], source: 'http://daemon' }
    },
    { title: 'rollcall services', json: false },
  )
  await terminal.said(/look 2/)
  terminal.interrupt()
  await showing
  t.ok(terminal.written().startsWith('\u001b[?1049h'))
  t.match(terminal.written(), /rollcall services {2}http:\/\/daemon/)
  t.ok(terminal.written().endsWith('\u001b[?1049l'))
  t.same(terminal.codes, [0])
})

t.test('what does not fit the terminal is counted', async (t) => {
  const terminal = createFakeTerminal({ height: 8 })
  const lines = Array.from({ length: 20 }, (_, index) => `line ${index}`)
  const showing = showLive(terminal, async () => ({ ...view, lines }), { title: 'title', json: false })
  await terminal.said(/a doubt/)
  terminal.interrupt()
  await showing
  t.match(terminal.written(), 'line 2')
  t.notMatch(terminal.written(), 'line 3')
  t.match(terminal.written(), '… and 17 more')
})

t.test('a daemon that is away ends nothing: what was seen last stays in sight', async (t) => {
  const terminal = createFakeTerminal()
  let looks = 0
  const look = async (): Promise<View> => {
    looks += 1
    if (looks === 1) return view
    throw new RollcallError('LOOKUP_FAILED', 'no daemon could be asked')
  }
  const showing = showLive(terminal, look, { title: 'title', json: false })
  await terminal.said(/web[^]*web[^]*no daemon could be asked/)
  terminal.interrupt()
  await showing
  t.same(terminal.codes, [0])
})

t.test('wrong use ends it at once, with the reason below the screen that was left', async (t) => {
  const terminal = createFakeTerminal()
  const look = async (): Promise<View> => ({ lines: [], notes: ['no such form'], json: [], code: exitCodes.usage })
  await showLive(terminal, look, { title: 'title', json: false })
  t.ok(terminal.written().endsWith('\u001b[?1049l'))
  t.same(terminal.notes, ['no such form'])
  t.same(terminal.codes, [2])
})

t.test('elsewhere than on a terminal it is printed again each time', async (t) => {
  const terminal = createFakeTerminal({ isInteractive: false })
  const showing = showLive(terminal, async () => view, { title: 'title', json: false })
  await terminal.said(/^NAME\nweb\n\nNAME\nweb\n/)
  terminal.interrupt()
  await showing
  t.same(terminal.codes.at(-1), 0)
})
