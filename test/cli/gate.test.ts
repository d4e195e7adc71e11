// `rollcall gate`, `call` and `sp` in a fleet with keys: a daemon in this process, and the built program around it.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { openDaemon } from '../../discovery/daemon.ts'
import { createKeyring } from '../../messaging/keys/keyring.ts'
import { readKey } from '../../messaging/keys/key.ts'
import { createSpEngine } from '../../messaging/sp/engines/sp.ts'
import { runCli, startCli } from './run-cli.ts'

async function readPrinted(words: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const { code, stdout, stderr } = await runCli(words, env)
  if (code !== 0) throw new Error(stderr)
  return stdout.trim()
}

t.test(
  'a program without TLS is on the roll through a gate, is called through it, and can be nothing else',
  async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'gate-'))
    t.teardown(() => rm(directory, { recursive: true }))
    const root = await readPrinted(['key', 'new'])
    const derive = (purpose: string) => readPrinted(['key', 'derive', purpose], { ROLLCALL_KEY: root })
    const [roll, call, classic] = await Promise.all([derive('roll'), derive('call'), derive('roll:classic')])
    const keyFile = join(directory, 'classic.key')
    await writeFile(keyFile, `${classic}\n`, { mode: 0o600 })

    const daemon = await openDaemon({
      host: '127.0.0.1',
      port: 0,
      httpPort: 0,
      httpHost: '127.0.0.1',
      warmupMs: 0,
      keyring: createKeyring([readKey(roll)]),
    })
    t.teardown(() => daemon.close())
    const port = daemon.spAddress.split(':').pop() ?? ''

    // Plain, as a program of another language is.
    const engine = createSpEngine()
    t.teardown(() => engine.close())
    const replier = await engine.listen(
      'tcp://127.0.0.1:0',
      engine.createReplier((body) => Buffer.from(`42 to ${String(body)}`)),
    )
    const gate = startCli(
      ['gate', '--roll', `ipc://${directory}/roll`, '--serve', `tcp://127.0.0.1:0`, '--to', replier.address],
      { SERVICE_NAME: 'classic', DISCOVERY_HOST: `127.0.0.1:${port}`, ROLLCALL_KEYRING: keyFile, LOG_FORMAT: 'line' },
    )
    t.teardown(async () => {
      gate.kill('SIGKILL')
      await gate.ended
    })
    const [, served = ''] = await gate.said(/served=tcp:\/\/(\S+)/)
    const joined = new Promise<void>((resolve) => void daemon.reader.changes.subscribe(() => resolve()))
    engine.dial(
      `ipc://${directory}/roll`,
      engine.createRespondent(() => Buffer.from(`classic|tcp://${served}\nweb|tcp://10.0.0.9:80`)),
    )
    await joined
    t.match(daemon.reader.instances('classic'), [{ address: `tcp://${served}` }])
    t.same(daemon.reader.instances('web'), [], 'the key of the gate allows one name')

    const env = { ROLLCALL_URL: daemon.httpUrl }
    t.match(await runCli(['call', 'classic', 'me'], env), { code: 0, stdout: '42 to me\n' })

    // With a key, REQ goes over tls+tcp: as whom, the keys of the environment say.
    const rep = startCli(['sp', 'rep', '--listen', 'tls+tcp://127.0.0.1:0', '--service', 'web', '-v', '-D', 'sealed'], {
      ROLLCALL_KEY: root,
    })
    t.teardown(async () => {
      rep.kill('SIGKILL')
      await rep.ended
    })
    const [, sealed = ''] = await rep.said(/listening at (\S+)/)
    const req = ['sp', 'req', '--dial', sealed, '-D', 'q', '--recv-timeout', '60']
    t.match(await runCli([...req, '--service', 'web'], { ROLLCALL_KEY: call }), { code: 0, stdout: 'sealed\n' })
    t.match(await rep.said(/connected: \S+ \(\*\/[0-9a-f]+\/call\)/), [/call/])
    t.match(await runCli([...req, '--service', 'web'], { ROLLCALL_KEY: classic }), { code: 3 })
    t.match(await runCli([...req, '--service', 'web']), { code: 1, stderr: /needs ROLLCALL_KEY or ROLLCALL_KEYRING/ })
    t.match(await runCli(['gate', '--serve', 'tcp://*:1'], {}), { code: 2, stderr: /belong together/ })

    gate.kill('SIGTERM')
    t.equal((await gate.ended).code, 0)
  },
)
