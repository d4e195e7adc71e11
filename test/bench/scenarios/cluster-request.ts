// A request of 64 bytes to a cluster by its name, beside a bare round trip and beside NATS request/reply: one at a time, then 64 in
// flight. NATS is its own client and Debian's server; where that is not installed its rows are missing.

import type { Child } from '../child.ts'
import type { Row, Scenario, Verdict } from '../scenario.ts'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect as connectNats } from '@nats-io/transport-node'
import { connect } from '../../../messaging/index.ts'
import { dialBare, onBareFrames, writeBareFrame } from '../bare.ts'
import { keep, startChild, startDaemon } from '../child.ts'
import { findFreePort } from '../free-port.ts'
import { atLeast, atMost } from '../scenario.ts'
import { median, percentile, spread } from '../statistics.ts'

const body = Buffer.alloc(64, 'x')
const inFlight = 64

interface Contender {
  readonly kind: 'iris' | 'bare' | 'nats'
  readonly exchange: () => Promise<unknown>
  readonly close: () => Promise<unknown>
  /** One at a time, in microseconds. */
  readonly samples: number[]
  /** With 64 in flight, a second. */
  readonly rates: number[]
}

function contender(kind: Contender['kind'], exchange: Contender['exchange'], close: Contender['close']): Contender {
  return { kind, exchange, close, samples: [], rates: [] }
}

async function openIris(): Promise<Contender> {
  const [port, httpPort] = [await findFreePort(), await findFreePort()]
  const daemon = startDaemon({ PORT: String(port), HTTP_PORT: String(httpPort) })
  const member = startChild('cluster-member', ['iris', port])
  await member.next()
  const node = await connect({ discovery: [`127.0.0.1:${port}`], host: '127.0.0.1' })
  const exchange = () => node.request('echo', body)
  // Until the daemon has told of the member.
  while (!(await exchange().then(Boolean, () => false))) await new Promise((resolve) => setTimeout(resolve, 50))
  return contender('iris', exchange, async () => {
    await node.close()
    await member.kill()
    await daemon.kill()
  })
}

async function openBare(): Promise<Contender> {
  const child: Child = startChild('cluster-member', ['bare'])
  const { port } = await child.next()
  const socket = dialBare(Number(port))
  const waiting = new Map<number, (reply: Buffer) => void>()
  onBareFrames(socket, (id, reply) => {
    waiting.get(id)?.(reply)
    waiting.delete(id)
  })
  let lastId = 0
  const exchange = () =>
    new Promise((resolve) => {
      lastId += 1
      waiting.set(lastId, resolve)
      socket.write(writeBareFrame(lastId, body))
    })
  return contender('bare', exchange, () => child.kill())
}

async function openNats(): Promise<Contender | undefined> {
  const port = await findFreePort()
  const server = spawn('nats-server', ['-a', '127.0.0.1', '-p', String(port)], { stdio: ['ignore', 'ignore', 'pipe'] })
  keep(server)
  const isThere = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false))
    server.stderr.on('data', (text: Buffer) => {
      if (String(text).includes('Server is ready')) resolve(true)
    })
  })
  if (!isThere) return undefined
  const child = startChild('cluster-member', ['nats', port])
  await child.next()
  const connection = await connectNats({ servers: `127.0.0.1:${port}` })
  return contender(
    'nats',
    () => connection.request('echo', body, { timeout: 5_000 }),
    async () => {
      await connection.close()
      await child.kill()
      const closed = once(server, 'close')
      server.kill('SIGKILL')
      await closed
    },
  )
}

async function measure({ exchange, samples, rates }: Contender, count: number, isWarm: boolean): Promise<void> {
  for (let i = 0; i < count; i += 1) {
    const startedAtMs = performance.now()
    await exchange()
    if (isWarm) samples.push((performance.now() - startedAtMs) * 1_000)
  }
  let started = 0
  const startedAtMs = performance.now()
  const run = async () => {
    while (started < count * 4) {
      started += 1
      await exchange()
    }
  }
  await Promise.all(Array.from({ length: inFlight }, run))
  if (isWarm) rates.push((count * 4 * 1_000) / (performance.now() - startedAtMs))
}

export const clusterRequest: Scenario = {
  name: 'cluster-request',
  description: '64 bytes to a cluster by name and back, one at a time and 64 in flight, between two processes',
  async run({ isQuick, say }) {
    const nats = await openNats()
    if (!nats) say('nats-server is not installed: apt-get install nats-server; its rows are missing')
    const contenders = [await openIris(), await openBare(), ...(nats ? [nats] : [])]
    const [rounds, count] = isQuick ? [3, 200] : [30, 1_000]
    // The first round warms up.
    for (let round = 0; round < rounds; round += 1) for (const one of contenders) await measure(one, count, round > 0)
    for (const { close } of contenders) await close()
    const rows: Row[] = contenders.flatMap(({ kind, samples, rates }) => [
      { what: `${kind}, median`, value: median(samples), unit: 'µs', spread: spread(samples), samples: samples.length },
      { what: `${kind}, 99th percentile`, value: percentile(samples, 0.99), unit: 'µs', samples: samples.length },
      { what: `${kind}, ${inFlight} in flight`, value: median(rates), unit: '/s', spread: spread(rates) },
    ])
    const of = (kind: Contender['kind'], what: 'samples' | 'rates') =>
      median(contenders.find((one) => one.kind === kind)?.[what] ?? [])
    const verdicts: Verdict[] = [
      atMost('cluster request by bare, median', of('iris', 'samples') / of('bare', 'samples'), 1.6),
    ]
    if (nats) verdicts.push(atLeast(`by NATS, ${inFlight} in flight`, of('iris', 'rates') / of('nats', 'rates'), 3))
    return { rows, verdicts }
  },
}
