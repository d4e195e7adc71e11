// Real processes: what a program is to the agent that started it.

import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { createCommandProbe } from '../../../services/agent/command-probe.ts'
import { startProgram } from '../../../services/agent/program.ts'
import { reapFor } from '../../../services/agent/reaper.ts'

const never = new AbortController().signal

t.test('a program ends with its own code, or with that of the signal', async (t) => {
  t.equal(await startProgram(['/bin/sh', '-c', 'exit 7'], () => {}).ended, 7)
  const sleeping = startProgram(['sleep', '600'], () => {})
  t.equal(sleeping.hasEnded, false)
  sleeping.send('SIGTERM')
  t.equal(await sleeping.ended, 143)
  t.equal(sleeping.hasEnded, true)
  sleeping.send('SIGTERM')
})

t.test('one that cannot be started has the codes of a shell, and says why', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'agent-'))
  t.teardown(() => rm(directory, { recursive: true }))
  const text = join(directory, 'text')
  await writeFile(text, 'no program')
  await chmod(text, 0o644)
  const reasons: string[] = []
  const start = (file: string) => startProgram([file], (reason) => void reasons.push(reason)).ended
  t.equal(await start('/no/such/program'), 127)
  t.equal(await start(text), 126)
  t.match(reasons, [/^\/no\/such\/program cannot be started: there is no such program/, /EACCES/])
})

t.test('a command is a check: 0 is passing, 1 a warning, and what else it ends with is told', async (t) => {
  t.equal(await createCommandProbe('exit 0')(never), 'passing')
  t.equal(await createCommandProbe('exit 1')(never), 'warning')
  await t.rejects(createCommandProbe('echo no space left; exit 2')(never), { message: /ended with 2: no space left$/ })
})

t.test('a command that hangs is killed with its check', async (t) => {
  const over = new AbortController()
  const looking = createCommandProbe('exec sleep 600')(over.signal)
  over.abort(new Error('over'))
  await t.rejects(looking, { message: 'over' })
})

t.test('as PID 1 a program is started by a reaper, where there is one', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'agent-'))
  t.teardown(() => rm(directory, { recursive: true }))
  const tini = join(directory, 'tini')
  await writeFile(tini, '', { mode: 0o755 })
  t.same(reapFor(['redis'], { pid: 12, path: directory }), { command: ['redis'], leavesZombies: false })
  t.same(reapFor(['redis', '-p'], { pid: 1, path: `/no:${directory}` }), {
    command: [tini, '-s', '--', 'redis', '-p'],
    leavesZombies: false,
  })
  t.same(reapFor(['redis'], { pid: 1, path: '/no' }), { command: ['redis'], leavesZombies: true })
})
