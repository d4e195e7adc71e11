// The fleet of compose.yaml on a real engine, and the harm that containers come to. Bounds are in rounds, as the daemon
// itself counts them. The tests share one fleet and put back what they took away.

import type { Container } from 'dockerode'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import {
  addressOf,
  docker,
  execute,
  findMissingTool,
  occupyAddress,
  openFleet,
  runCompose,
  startBeside,
} from './fleet.ts'
import { readAliveIds, readInstances, readMissedRounds, readRound, until, untilAlive, untilCount } from './roll.ts'
import {
  answers,
  callable,
  callFromClient,
  classicAddress,
  everyProvider,
  neverUnknown,
  talkFromClient,
  untilComplete,
  webs,
} from './sample-fleet.ts'
import { givenSince, refusals, watchResolve } from './watcher.ts'

/** Long enough for the scaling that goes on meanwhile. */
const callForTwelveSeconds = 'timeout --signal=INT 12 rollcall call answer --every 20ms'.split(' ')

const missing = await findMissingTool()
if (missing === undefined) await testFleet()
else t.plan(0, missing)

async function testFleet(): Promise<void> {
  const fleet = await openFleet('sp')
  t.teardown(() => fleet.close())
  const [url, otherUrl] = fleet.urls

  await t.test('every service is on the roll of both daemons, by a name that people can read', async () => {
    await untilComplete(url)
    await untilComplete(otherUrl)
  })

  await t.test('every instance is resolved, and really answers at its address to another container', async (t) => {
    t.strictSame(await callFromClient(fleet, 'answer'), answers)
    t.strictSame(await callFromClient(fleet, 'web'), webs)
    t.strictSame(await callFromClient(fleet, 'classic'), [classicAddress.behindGate])
  })

  await t.test('nginx by its labels and redis by the agent are resolved, and really answer', async (t) => {
    await until(
      'nginx to pass its check',
      async () => (await fetch(`${url}/resolve/nginx`)).status,
      (status) => status === 200,
    )
    t.match(await talkFromClient(fleet, 'nginx'), /Welcome to nginx/)
    t.equal(await talkFromClient(fleet, 'redis'), '+PONG\r\n')
    const nginx = addressOf(await (await fleet.container('nginx')).inspect(), fleet.network)
    const redis = addressOf(await (await fleet.container('redis')).inspect(), fleet.network)
    t.match(await readInstances(url, 'nginx'), [{ address: `http://${nginx}:80` }])
    t.match(await readInstances(url, 'redis'), [{ address: `redis://${redis}:6379` }])
    t.not((await execute(await fleet.container('redis'), ['sh', '-c', 'command -v node'])).exitCode, 0, 'no Node')
  })

  await t.test(
    'whoever is beside the watcher reads four things of the engine, and nobody else reaches it',
    async (t) => {
      const watcher = await fleet.container('watcher')
      const ask = async (container: Container, path: string, method = 'GET') => {
        const script = `fetch('http://engine-proxy:2375${path}', { method: '${method}' })
        .then(({ status }) => status, () => 'not reached').then(console.log)`
        return (await execute(container, ['node', '-e', script])).stdout.trim()
      }
      t.equal(await ask(watcher, '/v1.41/info'), '200')
      t.equal(await ask(watcher, `/containers/${watcher.id}/json`), '200')
      for (const path of ['/containers/create', '/containers/json'])
        t.equal(await ask(watcher, path, 'POST'), '403', `POST ${path}`)
      for (const path of [
        `/containers/${watcher.id}/archive?path=/keys`,
        '/containers/%2e%2e/json',
        '/images/json',
        '/',
      ])
        t.equal(await ask(watcher, path), '403', path)
      t.equal(await ask(await fleet.container('client'), '/info'), 'not reached')
    },
  )

  await t.test(
    'a container of the fleet runs as nobody in particular, on a file system that it cannot change',
    async (t) => {
      for (const service of ['discovery-1', 'answer', 'web', 'classic', 'gate', 'watcher', 'redis', 'client']) {
        const container = await fleet.container(service)
        const { HostConfig } = await container.inspect()
        t.match(
          HostConfig,
          { ReadonlyRootfs: true, CapDrop: ['ALL'], SecurityOpt: ['no-new-privileges:true'] },
          service,
        )
        t.not((await execute(container, ['id', '-u'])).stdout.trim(), '0', service)
        t.not((await execute(container, ['sh', '-c', 'command -v cc g++ make python3'])).exitCode, 0, service)
      }
    },
  )

  await t.test('who calls by the name of the cluster reaches every member of it', async (t) => {
    const client = await fleet.container('client')
    const log = await until(
      'all of them to have answered',
      async () => String(await client.logs({ stdout: true, stderr: true })),
      (text) => answers.every((id) => text.includes(`${id} said: The answer is 42`)),
    )
    t.notMatch(log, /nobody answered/)
  })

  await t.test('whoever has no key for it puts nothing on the roll, and is counted', async (t) => {
    const client = await fleet.container('client')
    const line = "'answer|tcp://10.9.9.9:9000'"
    const respond = (...words: string[]) =>
      execute(client, ['sh', '-c', `rollcall sp respondent -D ${line} --recv-timeout 3 ${words.join(' ')}`])
    t.match(await respond('--dial', 'tcp://discovery-1:5555'), { exitCode: 3, stdout: '' }, 'plain')
    t.match(await respond('--dial', 'tls+tcp://discovery-1:5555', '--service answer'), { exitCode: 3, stdout: '' })
    const outside = "rollcall sp respondent -D 'classic|tcp://10.9.9.9:9000' --dial tcp://gate:5555 --recv-timeout 3"
    t.match(
      await execute(client, ['sh', '-c', outside]),
      { exitCode: 3, stdout: '' },
      'outside the network of the gate',
    )
    t.strictSame(await readAliveIds(url, 'answer'), answers)
    const health: unknown = await (await fetch(`${url}/health`)).json()
    t.ok(Object(health).rejected['not-tls'] > 0)
  })

  await t.test('keys are for their holder alone, and in no place where Docker shows them', async (t) => {
    for (const [service, folder] of [
      ['discovery-1', 'daemon'],
      ['answer', 'answer'],
      ['client', 'client'],
      ['gate', 'gate'],
      ['watcher', 'watcher'],
      ['redis', 'redis'],
    ] as const) {
      const container = await fleet.container(service)
      const listed = await execute(container, ['sh', '-c', "find /keys -type f -exec stat -c '%a %n' {} +"])
      t.equal(listed.stdout.trim(), `400 /keys/${folder}/keyring`)
      t.notMatch(JSON.stringify(await container.inspect()), /rck1\./)
    }
  })

  await t.test('a daemon is healthy once it knows who is here, and not before', async (t) => {
    const options = { Env: ['WARMUP=600000'] }
    const unready = await startBeside(fleet.network, options)
    t.teardown(() => unready.remove({ force: true }))
    const probed = await until(
      'the first probe that was not cut off',
      async () => (await unready.inspect()).State.Health?.Log.filter(({ ExitCode }) => ExitCode >= 0) ?? [],
      (log) => log.length > 0,
    )
    t.match(probed[0], { ExitCode: 4, Output: /not ready/ })
    t.equal((await (await fleet.container('discovery-1')).inspect()).State.Health?.Status, 'healthy')
  })

  await t.test('the client says in the log who said what', async (t) => {
    const said = /answer-[123] said: The answer is 42/
    const log = await until(
      'the client to call',
      () => fleet.compose('logs', 'client'),
      (text) => said.test(text),
    )
    t.match(log, said)
  })

  await t.test(
    'scaled up, the new instances are on the roll; scaled down, they leave it before they stop',
    async (t) => {
      await fleet.compose('up', '--detach', '--no-recreate', '--scale', 'answer=5')
      await untilAlive(url, 'answer', [...answers, 'answer-4', 'answer-5'])
      await untilAlive(otherUrl, 'answer', [...answers, 'answer-4', 'answer-5'])
      const watcher = watchResolve(url, 'answer')
      // Whoever is handed out answers: a call that had to turn to another provider would say so on stderr.
      const calling = execute(await fleet.container('client'), callForTwelveSeconds)
      await until(
        'calls to be under way',
        async () => watcher.seen.length,
        (count) => count > 20,
      )
      await fleet.compose('up', '--detach', '--no-recreate', '--scale', 'answer=3')
      const round = await readRound(url)
      await untilAlive(url, 'answer', answers)
      await untilAlive(otherUrl, 'answer', answers)
      const called = await calling
      await watcher.stop()
      t.strictSame(refusals(watcher.seen), [])
      for (const id of ['answer-4', 'answer-5']) {
        t.strictSame(givenSince(watcher.seen, id, round + 1), [], `${id} is not handed out any more`)
        t.strictSame(await readMissedRounds(url, `answer/${id}`, 0), [], `${id} was never missed: it left`)
      }
      t.ok(called.stdout.split('\n').length > 20)
      t.equal(called.stderr, '')
    },
  )

  await t.test('an instance that is killed is not handed out any more, and nobody waits for misses', async (t) => {
    const watcher = watchResolve(url, 'answer')
    const container = await fleet.container('answer', 2)
    const before = await readRound(url)
    await container.kill()
    const round = await readRound(url)
    await untilAlive(url, 'answer', ['answer-1', 'answer-3'])
    await until(
      'answer-2 to be gone',
      () => readInstances(url, 'answer'),
      (all) => all.length === 2,
    )
    const missed = await readMissedRounds(url, 'answer/answer-2', before)
    t.ok(missed.length < 3, 'its closed connection told')
    t.strictSame(givenSince(watcher.seen, 'answer-2', round + 1), [], 'the others are handed out')
    await container.start()
    await untilAlive(url, 'answer', answers)
    await untilAlive(otherUrl, 'answer', answers)
    await watcher.stop()
    t.strictSame(refusals(watcher.seen), [])
  })

  await t.test('the last of a name is there no more soon after it was killed, and is back when it is', async (t) => {
    const container = await fleet.container('classic')
    const watcher = watchResolve(url, 'classic')
    await container.kill()
    await until(
      'classic to be unknown',
      async () => watcher.seen.at(-1)?.given,
      (given) => given === 'UNKNOWN_SERVICE',
    )
    await container.start()
    await untilCount(url, 'classic', 1)
    await watcher.stop()
    t.notOk(watcher.seen.some(({ status }) => status !== 200 && status !== 404))
    t.equal((await callFromClient(fleet, 'classic')).length, 1)
  })

  for (const service of ['nginx', 'redis'] as const) {
    await t.test(`${service} is there no more soon after it was killed, and is back when it is`, async (t) => {
      const container = await fleet.container(service)
      const watcher = watchResolve(url, service)
      const before = await readRound(url)
      await container.kill()
      await until(
        `${service} to be unknown`,
        async () => watcher.seen.at(-1)?.given,
        (given) => given === 'UNKNOWN_SERVICE',
      )
      const [lost = ''] = watcher.seen.flatMap(({ status, given }) => (status === 200 ? [given] : []))
      t.ok((await readMissedRounds(url, `${service}/${lost}`, before)).length < 3, 'it was told of')
      await container.start()
      for (const at of [url, otherUrl]) {
        await until(
          `${service} to be handed out`,
          async () => (await fetch(`${at}/resolve/${service}`)).status,
          (status) => status === 200,
        )
      }
      await watcher.stop()
    })
  }

  for (const [service, number] of [
    ['answer', 3],
    ['web', 1],
  ] as const) {
    const id = `${service}-${number}`
    await t.test(`${id} hangs: suspect with the first round that it misses, gone with the third`, async (t) => {
      const container = await fleet.container(service, number)
      const watcher = watchResolve(url, service)
      const before = await readRound(url)
      await container.pause()
      t.teardown(async () => {
        const { State } = await container.inspect()
        if (State.Paused) await container.unpause()
      })
      const paused = await readRound(url)
      await until(
        `${id} to be gone`,
        () => readInstances(url, service),
        (all) => !all.some((one) => one.id === id),
      )
      await watcher.stop()
      const missed = await readMissedRounds(url, `${service}/${id}`, before)
      t.equal(missed.length, 3, 'gone with the third')
      const [first = Number.NaN] = missed
      t.ok(first <= paused + 2, 'the first round that could miss it did')
      t.strictSame(givenSince(watcher.seen, id, first), [], 'not handed out while others are there')
      t.strictSame(refusals(watcher.seen), [])
      await container.unpause()
      await untilAlive(url, service, service === 'web' ? webs : answers)
      await untilAlive(otherUrl, service, service === 'web' ? webs : answers)
    })
  }

  await t.test('classic survives a pause', async (t) => {
    const container = await fleet.container('classic')
    const before = await readRound(url)
    await container.pause()
    await until(
      'classic to be gone',
      () => readInstances(url, 'classic'),
      (all) => all.length === 0,
    )
    t.equal((await readMissedRounds(url, `classic/${classicAddress.behindGate}`, before)).length, 3)
    await container.unpause()
    await untilCount(url, 'classic', 1)
    t.equal((await callFromClient(fleet, 'classic')).length, 1)
  })

  await t.test(
    'an instance that loses the network leaves the roll, and is back on it when the network is',
    async (t) => {
      const container = await fleet.container('answer', 1)
      const network = docker.getNetwork(fleet.network)
      const watcher = watchResolve(url, 'answer')
      const before = await readRound(url)
      await network.disconnect({ Container: container.id })
      await until(
        'answer-1 to be gone',
        () => readInstances(url, 'answer'),
        (all) => all.length === 2,
      )
      await watcher.stop()
      const missed = await readMissedRounds(url, 'answer/answer-1', before)
      t.equal(missed.length, 3, 'gone with the third')
      t.strictSame(givenSince(watcher.seen, 'answer-1', missed[0] ?? 0), [])
      t.strictSame(refusals(watcher.seen), [])
      await network.connect({ Container: container.id, EndpointConfig: { Aliases: ['answer'] } })
      await untilAlive(url, 'answer', answers)
      await untilAlive(otherUrl, 'answer', answers)
      const found = (await readInstances(url, 'answer')).find(({ id }) => id === 'answer-1')
      t.equal(found?.host, addressOf(await container.inspect(), fleet.network), 'at the address that it has now')
    },
  )

  await t.test('a daemon that restarts never says that a name of the fleet is unknown', async (t) => {
    await neverUnknown(t, url, async () => {
      await (await fleet.container('discovery-1')).restart()
    })
  })

  await t.test('nor does it when everyone reconnects two seconds after it listens', async (t) => {
    const others = await everyProvider(fleet)
    await neverUnknown(t, url, async () => {
      await Promise.all(others.map((container) => container.pause()))
      await (await fleet.container('discovery-1')).restart()
      await until(
        'the daemon to answer',
        () => readRound(url).catch(() => Number.NaN),
        (round) => round >= 0,
      )
      await sleep(2_000)
      await Promise.all(others.map((container) => container.unpause()))
    })
    await untilComplete(otherUrl)
  })

  await t.test('one daemon of two stops: the other goes on, and callers turn to it', async (t) => {
    const watcher = watchResolve(otherUrl, 'answer')
    const container = await fleet.container('discovery-1')
    await container.stop()
    for (const service of callable) {
      t.ok((await callFromClient(fleet, service)).length > 0, service)
    }
    await container.start()
    await untilComplete(url)
    await watcher.stop()
    t.strictSame(refusals(watcher.seen), [])
    t.equal(watcher.unanswered, 0)
  })

  await t.test('a daemon is replaced by one with another address', async (t) => {
    const watcher = watchResolve(url, 'answer')
    const container = await fleet.container('discovery-2')
    const oldAddress = addressOf(await container.inspect(), fleet.network)
    await fleet.compose('rm', '--stop', '--force', 'discovery-2')
    const squatters = await occupyAddress(fleet.network, oldAddress)
    t.teardown(() => Promise.all(squatters.map((squatter) => squatter.remove({ force: true }))))
    await fleet.compose('up', '--detach', '--no-recreate', 'discovery-2')
    const newAddress = addressOf(await (await fleet.container('discovery-2')).inspect(), fleet.network)
    t.not(newAddress, oldAddress)
    await untilComplete(otherUrl)
    await watcher.stop()
    t.strictSame(refusals(watcher.seen), [], 'the other daemon was not disturbed')
  })

  await t.test('a daemon is added to a running fleet, and everyone finds it by the name', async (t) => {
    const options = {
      Env: ['ROLLCALL_KEYRING=/keys/daemon/keyring'],
      ExposedPorts: { '8500/tcp': {} },
      HostConfig: {
        Binds: [`${fleet.project}_keys-daemon:/keys/daemon:ro`],
        PortBindings: { '8500/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] },
      },
    }
    const added = await startBeside(fleet.network, options, ['discovery'])
    t.teardown(() => added.remove({ force: true }))
    const [port] = (await added.inspect()).NetworkSettings.Ports['8500/tcp'] ?? []
    await untilComplete(`http://127.0.0.1:${port?.HostPort}`)
    t.strictSame(await readAliveIds(url, 'answer'), answers)
  })

  await t.test('a port that is taken names the variable to change', async (t) => {
    const project = `${fleet.project}-taken`
    const env = { ROLLCALL_HTTP: new URL(url).port, ROLLCALL_DNS: '0' }
    t.teardown(() => runCompose(project, env, ['down', '--timeout=0']))
    await t.rejects(runCompose(project, env, ['up', '--detach', 'discovery-1']), /ROLLCALL_HTTP\b/)
  })
}
