// Those who ask: by every door, over connections kept and connections new; streams that are opened, read for a while and left, and some that are
// never read; programs that follow. Arguments: ports of SP, HTTP and DNS, and a seed. For each message, says how often it asked what, and how often
// it was answered.

import type { RequestOptions } from 'node:http'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { follow } from '../../../messaging/index.ts'
import { createSpEngine } from '../../../messaging/sp/engines/sp.ts'
import { writeQuestion } from '../../fixtures/dns.ts'
import { between, createRandom, pick } from '../../fixtures/random.ts'

const [spPort = '', httpPort = '', dnsPort = '', seed = ''] = process.argv.slice(2)
process.once('disconnect', () => process.exit())
/** The daemon may end first. */
process.once('SIGTERM', () => process.exit())

const host = '127.0.0.1'
const patienceMs = 10_000
const random = createRandom(Number(seed))
const names = ['steady', 'answer', 'web', 'shop', 'cart', 'nobody'] as const
const kept = new Agent({ keepAlive: true, maxSockets: 4 })
const asked: Record<string, number> = {}
const failed: Record<string, number> = {}

function askHttp(path: string, options: RequestOptions): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const request = get({ host, port: httpPort, path, timeout: patienceMs, ...options }, (response) => {
      response.resume().once('error', reject).once('end', resolve)
    })
    request.once('error', reject).once('timeout', () => request.destroy(new Error('no answer')))
  })
}

const askAnything = (path: string) => () => askHttp(path, { agent: random() < 0.5 ? kept : false })
const askName = (pathOf: (name: string) => string) => () => askAnything(pathOf(pick(names, random)))()

async function askUdp(): Promise<void> {
  const socket = createSocket('udp4')
  socket.send(writeQuestion({ name: `${pick(names, random)}.service.rollcall` }), Number(dnsPort), host)
  await once(socket, 'message', { signal: AbortSignal.timeout(patienceMs) }).finally(() => socket.close())
}

async function askTcp(): Promise<void> {
  const question = writeQuestion({ name: `${pick(names, random)}.service.rollcall`, type: 'SRV' })
  const socket = connect({ host, port: Number(dnsPort) })
  const length = Buffer.alloc(2)
  length.writeUInt16BE(question.length)
  socket.write(Buffer.concat([length, question]))
  await once(socket, 'data', { signal: AbortSignal.timeout(patienceMs) }).finally(() => socket.destroy())
}

async function askSp(): Promise<void> {
  const engine = createSpEngine()
  const requester = engine.createRequester()
  engine.dial(`tcp://${host}:${spPort}`, requester)
  const verb = pick(['resolve', 'services', 'ask'], random)
  const question = Buffer.from(`${verb} ${pick(names, random)}`)
  try {
    await requester.request(question, { timeoutMs: patienceMs })
  } finally {
    await engine.close()
  }
}

/** A stream of events that is read for a while; some are taken up where they were. */
async function watch(): Promise<void> {
  const path = random() < 0.5 ? '/watch' : `/watch/${pick(names, random)}`
  const request = get({ host, port: httpPort, path, agent: false })
  const [response] = await once(request, 'response')
  response.resume().on('error', () => undefined)
  await sleep(between(500, 8_000, random))
  request.destroy()
}

/** A stream of events that nobody reads: the daemon cuts it off, or it is given up. */
async function neglect(): Promise<void> {
  const socket = connect({ host, port: Number(httpPort) })
  socket.pause().on('error', () => undefined)
  socket.write(`GET /watch HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
  await sleep(between(2_000, 20_000, random))
  socket.destroy()
}

async function followOne(): Promise<void> {
  const roll = await follow({ discovery: [`${host}:${spPort}`] })
  const leaving = new AbortController()
  const reading = (async () => {
    for await (const change of roll.watch(pick(names, random), { signal: leaving.signal })) void change
  })()
  try {
    await roll.resolve('steady')
    await sleep(between(200, 3_000, random))
  } finally {
    leaving.abort()
    await reading
    await roll.close()
  }
}

async function repeat(what: string, ask: () => Promise<unknown>, pauseMs: number): Promise<never> {
  for (;;) {
    asked[what] = (asked[what] ?? 0) + 1
    await ask().catch(() => (failed[what] = (failed[what] ?? 0) + 1))
    await sleep(between(0, 2 * pauseMs, random))
  }
}

for (const [what, ask, pauseMs] of [
  ['resolve', askName((name) => `/resolve/${name}`), 20],
  ['services', askAnything('/services'), 200],
  ['wait', askName((name) => `/services/${name}?wait=1s`), 50],
  ['consul', askName((name) => `/v1/health/service/${name}?index=1&wait=1s`), 100],
  ['prometheus', askAnything('/sd/prometheus'), 500],
  ['metrics', askAnything('/metrics'), 1_000],
  ['dns-udp', askUdp, 30],
  ['dns-tcp', askTcp, 60],
  ['sp', askSp, 60],
  ['watch', watch, 100],
  ['watch', watch, 100],
  ['watch', watch, 100],
  ['watch-unread', neglect, 100],
  ['watch-unread', neglect, 100],
  ['follow', followOne, 50],
] as const)
  void repeat(what, ask, pauseMs)
process.on('message', () => process.send?.({ asked, failed }))
process.send?.({})
