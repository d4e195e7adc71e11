import t from 'tap'
import { readContainer, readEvent } from '../../../docker/watch/engine.ts'
import { findOwnContainer } from '../../../docker/watch/own-container.ts'

const inspected = {
  Id: 'f00',
  Name: '/shop-1',
  State: { Running: true, Paused: false, StartedAt: '2026-01-01T00:00:00Z', Health: { Status: 'healthy' } },
  Config: {
    Image: 'nginx:stable',
    Labels: { 'rollcall.port': '80' },
    Env: ['A=b=c', 'EMPTY='],
    ExposedPorts: { '443/tcp': {}, '80/tcp': {}, '53/udp': {} },
    StopSignal: 'SIGQUIT',
  },
  HostConfig: { NetworkMode: 'shop_default' },
  NetworkSettings: {
    Networks: {
      shop_default: { IPAddress: '10.0.0.2', GlobalIPv6Address: '' },
      back: { IPAddress: '', GlobalIPv6Address: 'fd00::2' },
    },
  },
}

t.test('of what the engine tells of a container, what the roll needs is read', async (t) => {
  t.same(readContainer(inspected), {
    id: 'f00',
    name: 'shop-1',
    image: 'nginx:stable',
    labels: { 'rollcall.port': '80' },
    env: { A: 'b=c', EMPTY: '' },
    exposedPorts: [80, 443],
    isRunning: true,
    isPaused: false,
    startedAt: '2026-01-01T00:00:00Z',
    health: 'healthy',
    stopSignal: 3,
    isOnHost: false,
    networks: [
      { name: 'back', ip: 'fd00::2' },
      { name: 'shop_default', ip: '10.0.0.2' },
    ],
  })
})

t.test('what may be absent is', async (t) => {
  const bare = {
    ...inspected,
    State: { Running: false, Paused: false, Health: { Status: 'none' } },
    Config: { Labels: null, Env: null },
    HostConfig: { NetworkMode: 'host' },
    NetworkSettings: {},
  }
  const facts = {
    labels: {},
    env: {},
    exposedPorts: [],
    health: undefined,
    stopSignal: 15,
    isOnHost: true,
    networks: [],
  }
  t.match(readContainer(bare), facts)
  t.throws(() => readContainer({ ...inspected, State: undefined }))
})

t.test('events are those of containers, and of networks that containers come to and leave', async (t) => {
  const event = (fields: object) => readEvent(JSON.stringify({ time: 7, ...fields }))
  const container = { Type: 'container', Actor: { ID: 'f00', Attributes: { signal: '15' } } }
  t.same(event({ ...container, Action: 'kill' }), { action: 'kill', containerId: 'f00', signal: 15, atS: 7 })
  t.match(event({ ...container, Action: 'health_status: healthy' }), { action: 'health_status' })
  const network = { Type: 'network', Actor: { ID: 'n1', Attributes: { container: 'f00' } } }
  t.match(event({ ...network, Action: 'disconnect' }), { action: 'disconnect', containerId: 'f00', signal: undefined })
  t.equal(event({ ...network, Action: 'destroy' }), undefined)
  t.equal(readEvent('{"Type":"conta'), undefined)
})

t.test('a container knows its own id from its mounts', async (t) => {
  const id = 'b'.repeat(64)
  const mount = `700 699 254:0 /var/lib/docker/containers/${id}/hostname /etc/hostname rw - ext4 /dev/vda rw`
  t.equal(findOwnContainer(`1 2 3\n${mount}\n`), id)
  t.equal(findOwnContainer('29 1 254:0 / / rw - ext4 /dev/vda rw'), undefined)
})
