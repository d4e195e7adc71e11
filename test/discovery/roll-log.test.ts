import t from 'tap'
import type { DaemonLog } from '../../discovery/daemon-options.ts'
import { logChanges } from '../../discovery/roll-log.ts'
import { createRoll } from '../fixtures/roll.ts'

t.test('each change is a line; an address that others may not reach is warned about once', (t) => {
  const roll = createRoll()
  const said: string[] = []
  const say =
    (level: string): DaemonLog['info'] =>
    (...words: readonly unknown[]) =>
      void said.push(`${level} ${words.map((word) => (typeof word === 'string' ? word : Object(word).id)).join(' ')}`)
  const log = { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') }
  const stop = logChanges(log, roll.registry)
  const pipe = roll.attach({ remote: '10.0.0.9' })
  const lines = ['a', 'b', 'c'].map((id, at) => `{"service":"web","id":"${id}","address":"tcp://127.0.0.1:${at + 1}"}`)
  roll.hear(pipe, '{"service":"web","id":"fine","address":"tcp://10.0.0.9:80"}', ...lines)
  t.match(said, ['info fine joined', 'info a joined', /^warn a others may not reach/, 'info b joined', 'info c joined'])
  t.equal(said.length, 5)
  stop()
  roll.detach(pipe)
  t.equal(said.length, 5)
  t.end()
})
