import { PassThrough } from 'node:stream'

import t from 'tap'
import { createLog, formatLine } from '../../services/log.ts'

t.test('off a terminal an entry is one line of JSON with the level as a word', async (t) => {
  const out = new PassThrough().setEncoding('utf8')
  createLog({ out }).info({ service: 'answer' }, 'instance joined')
  const entry = JSON.parse(String(out.read()))
  t.match(entry, { level: 'info', service: 'answer', msg: 'instance joined', time: /^\d{4}-/ })
})

t.test('the line format puts the message first and the fields after it', async (t) => {
  const out = new PassThrough().setEncoding('utf8')
  createLog({ out, format: 'line' }).warn({ service: 'answer', misses: 2, why: 'no answer' }, 'instance suspected')
  t.match(String(out.read()), /^\d\d:\d\d:\d\d warn {2}instance suspected service=answer misses=2 why="no answer"\n$/)
})

t.test('an entry below the level is not written', async (t) => {
  const out = new PassThrough()
  createLog({ out, level: 'warn' }).info('nothing')
  t.equal(out.read(), null)
})

t.test('an error is its message, on one line', async (t) => {
  const out = new PassThrough().setEncoding('utf8')
  createLog({ out, format: 'line' }).error({ err: new Error('port taken') }, 'not started')
  t.match(String(out.read()), /error not started err="port taken"\n$/)
})

t.test('an entry stays one line whatever is in it', async (t) => {
  const entry = { level: 'info', time: '2026-01-01T00:00:00Z', msg: 'a\nb\u001b[2J', id: 'x\ny' }
  const line = formatLine(JSON.stringify(entry))
  t.equal(line.split('\n').length, 2)
  t.notMatch(line, '\u001b')
})
