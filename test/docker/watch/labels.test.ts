import t from 'tap'
import { readLabels } from '../../../docker/watch/labels.ts'
import { createFacts } from './container.ts'

t.test('a container without labels of ours or of Registrator is nobody', async (t) => {
  t.same(readLabels(createFacts({ labels: { 'com.docker.compose.service': 'shop' } })), { ports: [], wrong: [] })
})

t.test('every label has its meaning', async (t) => {
  const labels = {
    'rollcall.service': 'shop',
    'rollcall.port': '8080',
    'rollcall.protocol': 'http',
    'rollcall.id': 'shop-a',
    'rollcall.tags': 'canary, eu',
    'rollcall.version': '1.2.3',
    'rollcall.weight': '5',
    'rollcall.zone': 'eu-1a',
    'rollcall.network': 'front',
    'rollcall.meta.commit': 'abc',
    'rollcall.check.http': '/health',
    'rollcall.check.interval': '500ms',
    'rollcall.check.timeout': '2s',
  }
  t.same(readLabels(createFacts({ labels })), {
    ports: [
      {
        service: 'shop',
        port: 8080,
        protocol: 'http',
        id: 'shop-a',
        tags: ['canary', 'eu'],
        version: '1.2.3',
        weight: 5,
        zone: 'eu-1a',
        meta: { commit: 'abc' },
        check: { http: '/health', tcp: false, intervalMs: 500, timeoutMs: 2_000 },
        network: 'front',
      },
    ],
    wrong: [],
  })
})

t.test('the name is that of the label, of the compose service, or of the image', async (t) => {
  const nameBy = (labels: Record<string, string>) =>
    readLabels(createFacts({ image: 'registry:5000/team/redis:7@sha256:1', labels })).ports.map(
      ({ service }) => service,
    )
  t.same(nameBy({ 'rollcall.port': '1', 'rollcall.service': 'a', 'com.docker.compose.service': 'b' }), ['a'])
  t.same(nameBy({ 'rollcall.port': '1', 'com.docker.compose.service': 'b' }), ['b'])
  t.same(nameBy({ 'rollcall.port': '1' }), ['redis'])
  const swarm = { 'rollcall.port': '1', 'com.docker.swarm.service.name': 'fleet_shop' }
  t.same(nameBy({ ...swarm, 'com.docker.stack.namespace': 'fleet' }), ['shop'], 'or of the service of the stack')
  t.same(nameBy(swarm), ['fleet_shop'], 'or of the swarm')
})

t.test('several services of one container each have their port', async (t) => {
  const labels = {
    'rollcall.80.service': 'shop',
    'rollcall.9090.service': 'shop-admin',
    'rollcall.9090.tags': 'internal',
    'rollcall.tags': 'blue',
    'rollcall.meta.team': 'a',
    'rollcall.9090.meta.team': 'b',
  }
  t.match(readLabels(createFacts({ labels, exposedPorts: [80, 443, 9090] })), {
    ports: [
      { service: 'shop', port: 80, tags: ['blue'], meta: { team: 'a' } },
      { service: 'shop-admin', port: 9090, tags: ['internal'], meta: { team: 'b' } },
    ],
    wrong: [],
  })
})

t.test('of several exposed ports one has to be named', async (t) => {
  const { ports, wrong } = readLabels(createFacts({ labels: { 'rollcall.service': 'shop' }, exposedPorts: [80, 443] }))
  t.same(ports, [])
  t.match(wrong, [/the ports 80, 443 are exposed.*rollcall\.port.*rollcall\.80\.service/])
  const none = readLabels(createFacts({ labels: { 'rollcall.service': 'shop' }, exposedPorts: [] }))
  t.match(none, { ports: [], wrong: [/no port is exposed.*rollcall\.port/] })
})

t.test("Registrator's labels and variables are understood as they stand", async (t) => {
  const env = {
    SERVICE_NAME: 'old',
    SERVICE_443_NAME: 'old-tls',
    SERVICE_TAGS: 'a,b\\,c',
    SERVICE_REGION: 'us2',
    SERVICE_9000_IGNORE: 'true',
    SERVICE_CHECK_HTTP: '/ok',
    SERVICE_CHECK_INTERVAL: '15s',
  }
  const { ports, wrong } = readLabels(createFacts({ env, exposedPorts: [80, 443, 9000] }))
  t.same(wrong, [])
  t.match(ports, [
    {
      service: 'old-80',
      port: 80,
      tags: ['a', 'b-c'],
      meta: { region: 'us2' },
      check: { http: '/ok', intervalMs: 15_000 },
    },
    { service: 'old-tls', port: 443 },
  ])
  t.equal(ports.length, 2)
  t.match(readLabels(createFacts({ labels: { SERVICE_NAME: 'old' } })).ports, [{ service: 'old', port: 80 }])
  t.match(readLabels(createFacts({ labels: { 'rollcall.service': 'new' }, env })).ports, [
    { service: 'new', meta: { region: 'us2' } },
  ])
})

t.test('a program that answers for itself keeps its variables for itself', async (t) => {
  const env = { SERVICE_NAME: 'answer', SERVICE_PORT: '9000', DISCOVERY_HOST: 'discovery' }
  t.same(readLabels(createFacts({ env })), { ports: [], wrong: [] })
  t.match(readLabels(createFacts({ env, labels: { 'rollcall.service': 'answer' } })).ports, [{ service: 'answer' }])
})

t.test('who is to be ignored is, and what compose runs once is no instance', async (t) => {
  for (const more of [
    { 'rollcall.ignore': 'true' },
    { SERVICE_IGNORE: 'yes' },
    { 'com.docker.compose.oneoff': 'True' },
  ])
    t.same(readLabels(createFacts({ labels: { 'rollcall.service': 'shop', ...more } })), { ports: [], wrong: [] })
})

t.test('a label that makes no sense is told of, and costs nothing else', async (t) => {
  const labels = {
    'rollcall.service': 'shop',
    'rollcall.prot': 'http',
    'rollcall.check.http': 'health',
    'rollcall.check.interval': '10',
  }
  const { ports, wrong } = readLabels(createFacts({ labels }))
  t.match(ports, [{ service: 'shop', port: 80, check: undefined }])
  t.match(wrong, [
    /label rollcall\.prot is unknown; there are .*rollcall\.protocol/,
    /^rollcall\.check\.http is "health"/,
  ])
  const interval = readLabels(createFacts({ labels: { ...labels, 'rollcall.check.http': '/' } }))
  t.match(interval.wrong.at(-1), /^rollcall\.check\.interval is "10": a duration is a number with a unit/)
  const port = readLabels(createFacts({ labels: { 'rollcall.service': 'shop', 'rollcall.port': '80,81' } }))
  t.match(port, { ports: [], wrong: [/rollcall\.port is "80,81", and not a port/] })
})

t.test('what is wrong is told once, by the label or the variable as it is written', async (t) => {
  const labels = {
    'rollcall.8080.service': 'shop',
    'rollcall.9090.service': 'shop-admin',
    'rollcall.check.tcp': 'true',
    'rollcall.check.timeout': 'soon',
    'rollcall.8080.check.interval': '10',
  }
  t.match(readLabels(createFacts({ labels })).wrong, [
    /^rollcall\.8080\.check\.interval is "10"/,
    /^rollcall\.check\.timeout is "soon"/,
  ])
  const env = { SERVICE_80_CHECK_HTTP: 'health' }
  t.match(readLabels(createFacts({ env })).wrong, [/^SERVICE_80_CHECK_HTTP is "health"/])
})
