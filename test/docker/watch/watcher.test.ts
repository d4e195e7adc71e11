import type { Test } from 'tap'
import t from 'tap'
import type { ContainerFacts, DockerEngine, EngineEvent } from '../../../docker/watch/engine.ts'
import { openWatcher } from '../../../docker/watch/watcher.ts'
import type { SpokenFor } from '../../../messaging/index.ts'
import { createFakeClock } from '../../fixtures/fake-clock.ts'
import { createFacts } from './container.ts'

const labels = { 'rollcall.service': 'shop', 'rollcall.port': '80' }

/** An engine that does what the test says, and the roll as the watcher speaks it. */
function openWorld(t: Test, { ownContainer }: { readonly ownContainer?: string } = {}) {
  const clock = createFakeClock()
  const containers = new Map<string, ContainerFacts>()
  const said = new Map<object, SpokenFor>()
  const warnings: string[] = []
  const follows: (number | undefined)[] = []
  let isAway = false
  let deliver: ((event: EngineEvent | 'END') => void) | undefined

  const refuse = () => {
    if (isAway) throw new Error('the engine is away')
  }
  const engine: DockerEngine = {
    async name() {
      refuse()
      return 'host'
    },
    async runningIds() {
      refuse()
      return [...containers.values()].flatMap(({ id, isRunning }) => (isRunning ? [id] : []))
    },
    async inspect(id) {
      refuse()
      return containers.get(id)
    },
    async follow({ sinceS, signal }) {
      refuse()
      follows.push(sinceS)
      return streamOf(signal)
    },
  }
  async function* streamOf(signal: AbortSignal): AsyncGenerator<EngineEvent> {
    const waiting: (EngineEvent | 'END')[] = []
    let wake = () => {}
    const push = (event: EngineEvent | 'END') => {
      waiting.push(event)
      wake()
    }
    deliver = push
    signal.addEventListener('abort', () => push('END'))
    for (;;) {
      const event = waiting.shift()
      if (event === 'END') return
      if (event) yield event
      else await new Promise<void>((resolve) => (wake = resolve))
    }
  }

  const watcher = openWatcher({
    engine,
    clock,
    zone: 'eu-1a',
    ownContainer,
    log: { debug() {}, info() {}, warn: (fields) => void warnings.push(JSON.stringify(fields)) },
    speaking: {
      say(provider) {
        const key = {}
        said.set(key, provider)
        return { update: (changed) => void said.set(key, changed), remove: () => void said.delete(key) }
      },
      rereadKeys() {},
      leave: async () => {},
      close: async () => {},
      [Symbol.asyncDispose]: async () => {},
    },
  })
  t.teardown(async () => {
    await watcher.close()
    if (clock.pending > 0) throw new Error(`${clock.pending} timers are left`)
  })
  return {
    watcher,
    clock,
    warnings,
    follows,
    put: (facts: Partial<ContainerFacts>) => {
      const container = createFacts({ labels, ...facts })
      containers.set(container.id, container)
    },
    delete: (id: string) => containers.delete(id),
    happen: async (action: string, containerId: string, signal?: number) => {
      deliver?.({ action, containerId, signal, atS: 42 })
      await clock.advanceAsync(0)
    },
    endStream: async () => {
      deliver?.('END')
      await clock.advanceAsync(0)
    },
    setAway: (away: boolean) => void (isAway = away),
    /** `id status host` of everyone said. */
    roll: async () => {
      await clock.advanceAsync(0)
      return [...said.values()].map(({ id, status, host }) => `${id} ${status} ${host}`).toSorted()
    },
    said,
  }
}

t.test('labelled containers are on the roll as long as they run', async (t) => {
  const world = openWorld(t)
  world.put({ id: 'a', name: 'shop-1' })
  world.put({ id: 'b', name: 'plain', labels: {} })
  t.same(await world.roll(), ['host:shop-1:80 passing 172.17.0.2'])
  t.match([...world.said.values()], [{ service: 'shop', zone: 'eu-1a', protocol: 'tcp', boot: /^a-\d+$/ }])
  world.put({ id: 'c', name: 'shop-2' })
  await world.happen('start', 'c')
  t.same(await world.roll(), ['host:shop-1:80 passing 172.17.0.2', 'host:shop-2:80 passing 172.17.0.2'])
  world.put({ id: 'a', isRunning: false })
  await world.happen('die', 'a')
  t.same(await world.roll(), ['host:shop-2:80 passing 172.17.0.2'])
})

t.test('health, a pause and a stop become the status', async (t) => {
  const world = openWorld(t)
  const statusAfter = async (facts: Partial<ContainerFacts>, action: string, signal?: number) => {
    world.put({ id: 'a', ...facts })
    await world.happen(action, 'a', signal)
    return (await world.roll()).map((line) => line.split(' ')[1])
  }
  t.same(await statusAfter({ health: 'starting' }, 'start'), ['critical'])
  t.same(await statusAfter({ health: 'healthy' }, 'health_status'), ['passing'])
  t.same(await statusAfter({ health: 'unhealthy' }, 'health_status'), ['critical'])
  t.same(await statusAfter({ isPaused: true }, 'pause'), ['critical'])
  t.same(await statusAfter({}, 'unpause'), ['passing'])
  t.same(await statusAfter({}, 'kill', 1), ['passing'], 'SIGHUP ends nothing')
  t.same(await statusAfter({}, 'kill', 15), ['draining'])
  t.same(await statusAfter({}, 'rename'), ['draining'], 'until it has ended')
  t.same(await statusAfter({ startedAt: '2026-01-02T00:00:00Z' }, 'start'), ['passing'], 'or is there anew')
})

t.test('its own stop signal says so as well', async (t) => {
  const world = openWorld(t)
  world.put({ id: 'a', stopSignal: 3 })
  await world.roll()
  await world.happen('kill', 'a', 3)
  t.same(await world.roll(), ['host:shop-1:80 draining 172.17.0.2'])
})

t.test('a container that moves to another network is told at its new place', async (t) => {
  const world = openWorld(t)
  world.put({ id: 'a' })
  await world.roll()
  world.put({ id: 'a', networks: [{ name: 'other', ip: '10.9.9.9' }] })
  await world.happen('connect', 'a')
  t.same(await world.roll(), ['host:shop-1:80 passing 10.9.9.9'])
})

t.test('who shares no network with the watcher cannot be reached, and is told of by name, once', async (t) => {
  const world = openWorld(t, { ownContainer: 'me' })
  world.put({ id: 'me', name: 'watcher', labels: {}, networks: [{ name: 'mine', ip: '10.1.1.1' }] })
  world.put({ id: 'a' })
  world.put({ id: 'b', name: 'near', networks: [{ name: 'mine', ip: '10.1.1.2' }] })
  t.same(await world.roll(), ['host:near:80 passing 10.1.1.2'])
  await world.happen('rename', 'a')
  t.match(world.warnings, [/"container":"shop-1".*shares no network/])
  t.equal(world.warnings.length, 1)
})

t.test('a lost stream is followed again from where it ended, and everything is listed anew', async (t) => {
  const world = openWorld(t)
  world.put({ id: 'a' })
  world.put({ id: 'b', name: 'shop-2' })
  await world.roll()
  await world.happen('rename', 'a')
  world.delete('a')
  world.put({ id: 'c', name: 'shop-3' })
  await world.endStream()
  t.same(await world.roll(), ['host:shop-2:80 passing 172.17.0.2', 'host:shop-3:80 passing 172.17.0.2'])
  t.same(world.follows, [undefined, 42])
  t.equal(world.watcher.isKnowing, true)
})

t.test('while the engine is away the watcher knows nothing and forgets nothing', async (t) => {
  const world = openWorld(t)
  world.put({ id: 'a' })
  await world.roll()
  t.equal(world.watcher.isKnowing, true)
  world.setAway(true)
  await world.endStream()
  t.equal(world.watcher.isKnowing, false)
  t.same(await world.roll(), ['host:shop-1:80 passing 172.17.0.2'])
  await world.clock.advanceAsync(10_000)
  t.equal(world.watcher.isKnowing, false)
  world.setAway(false)
  await world.clock.advanceAsync(2_000)
  t.equal(world.watcher.isKnowing, true)
})

t.test('an engine that is not there at the start is waited for', async (t) => {
  const world = openWorld(t)
  world.setAway(true)
  await world.clock.advanceAsync(5_000)
  t.equal(world.watcher.isKnowing, false)
  world.setAway(false)
  world.put({ id: 'a' })
  await world.clock.advanceAsync(2_000)
  t.same(await world.roll(), ['host:shop-1:80 passing 172.17.0.2'])
})

t.test('a stream that fell silent is found out by a list', async (t) => {
  const world = openWorld(t)
  world.put({ id: 'a' })
  await world.roll()
  world.put({ id: 'b', name: 'unheard' })
  await world.clock.advanceAsync(30_000)
  t.same(await world.roll(), ['host:shop-1:80 passing 172.17.0.2', 'host:unheard:80 passing 172.17.0.2'])
  world.setAway(true)
  await world.clock.advanceAsync(31_000)
  t.equal(world.watcher.isKnowing, false)
})
