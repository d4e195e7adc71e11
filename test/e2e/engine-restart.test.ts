// The engine itself killed and started again under a watcher. Alone in its file: every container on the machine feels it.

import t from 'tap'
import { openDaemon } from '../../discovery/daemon.ts'
import { startCli } from '../cli/run-cli.ts'
import { openNetwork, run } from './containers.ts'
import { endEngine, whyNotToRestart } from './engine-process.ts'
import { findMissingTool } from './fleet.ts'
import { readInstances, until, untilAlive, untilCount } from './roll.ts'
import { images, provideImages } from './stand-ins.ts'

const missing = (await findMissingTool()) ?? (await whyNotToRestart())
if (missing === undefined) testRestart()
else t.plan(0, `the engine is not restarted: ${missing}`)

function testRestart(): void {
  t.test(
    'containers are suspects while the engine is away, the watcher stays, and lists again when it is back',
    async (t) => {
      await provideImages()
      const network = await openNetwork(t, 'restart')
      // Nobody is gone for silence alone: what is gone was found not to run.
      const daemon = await openDaemon({
        host: '127.0.0.1',
        port: 0,
        httpPort: 0,
        httpHost: '127.0.0.1',
        warmupMs: 0,
        misses: 1_000,
      })
      t.teardown(() => daemon.close())
      const url = daemon.httpUrl
      const watcher = startCli(['watch-docker'], { DISCOVERY_HOST: daemon.spAddress.replace('tcp://', '') })
      t.teardown(() => watcher.kill('SIGKILL'))
      const start = (name: string, policy: 'always' | 'no') =>
        run(t, network, {
          Image: images.nginx,
          Labels: { 'rollcall.service': `${name}-${process.pid}`, 'rollcall.id': name },
          HostConfig: { RestartPolicy: { Name: policy } },
        })
      await start('restarted', 'always')
      await start('ended', 'no')
      const names = [`restarted-${process.pid}`, `ended-${process.pid}`]
      for (const name of names) await untilCount(url, name, 1)

      const startEngine = await endEngine('SIGKILL')
      t.teardown(startEngine)
      for (const name of names) {
        await until(
          `${name} to be a suspect`,
          () => readInstances(url, name),
          ([instance]) => instance?.state === 'suspect',
        )
      }
      await startEngine()
      await untilAlive(url, `restarted-${process.pid}`, ['restarted'])
      await until(
        'what does not run any more to be gone',
        () => readInstances(url, `ended-${process.pid}`),
        (all) => all.length === 0,
      )
      watcher.kill('SIGTERM')
      t.equal((await watcher.ended).code, 0)
    },
  )
}
