// Answers a second over DNS, beside a bare node:dgram server that sends back what it gets; and a thousand SRV records over one TCP
// connection, beside a bare server that sends as many bytes.

import type { Socket } from 'node:net'
import type { RecordType } from 'dns-packet'
import type { Child } from '../child.ts'
import type { Row, Scenario, Verdict } from '../scenario.ts'
import { Agent } from 'node:http'
import { once } from 'node:events'
import { decode, encode } from 'dns-packet'
import { dialBare, listenBare } from '../bare.ts'
import { startChild } from '../child.ts'
import { untilAlive } from '../http-poll.ts'
import { atLeast, atMost } from '../scenario.ts'
import { median, percentile, spread } from '../statistics.ts'

const underWay = 64

function createQuestion(type: RecordType): Buffer {
  const option = { type: 'OPT', name: '.', udpPayloadSize: 1232, extendedRcode: 0, ednsVersion: 0, flags: 0 } as const
  return encode({
    id: 1,
    type: 'query',
    questions: [{ name: 'web.service.rollcall', type }],
    additionals: [{ ...option, flag_do: false, options: [] }],
  })
}

async function openDaemon(instances: number) {
  const daemon = startChild('measured-daemon', [1_000])
  const { port, httpUrl, dnsPort } = await daemon.next()
  const agent = new Agent({ keepAlive: true })
  const line = (at: number) => `{"service":"web","id":"web-${at}","address":"tcp://10.0.${at >> 8}.${at & 255}:8080"}`
  const respondent = startChild('respondents', [
    Number(port),
    1,
    'sp',
    Array.from({ length: instances }, (_, at) => line(at)).join('\n'),
  ])
  await respondent.next()
  await untilAlive(agent, Number(new URL(String(httpUrl)).port), instances)
  agent.destroy()
  return { daemon, dnsPort: Number(dnsPort), close: () => Promise.all([daemon.kill(), respondent.kill()]) }
}

interface Rate {
  readonly perSecond: number
  readonly cpuUs: number
}

async function measure(server: Child, load: Child, packet: Buffer, ms: number, records: number): Promise<Rate> {
  const before = await server.ask()
  const { answers, ms: tookMs, last } = await load.ask({ ms, packet })
  const after = await server.ask()
  const found = decode(Buffer.from(Object(last)))
  if (found.answers?.length !== records) throw new Error(`${found.answers?.length} records instead of ${records}`)
  const cpuMs = Number(after['cpuMs']) - Number(before['cpuMs'])
  return { perSecond: (Number(answers) / Number(tookMs)) * 1_000, cpuUs: (cpuMs / Number(answers)) * 1_000 }
}

async function compare(type: RecordType, isQuick: boolean): Promise<{ ours: Rate[]; bare: Rate[] }> {
  const { daemon, dnsPort, close } = await openDaemon(5)
  const bareServer = startChild('bare-udp')
  const { port: barePort } = await bareServer.next()
  const [ourLoad, bareLoad] = [
    startChild('udp-load', [dnsPort, underWay]),
    startChild('udp-load', [Number(barePort), underWay]),
  ]
  await Promise.all([ourLoad.next(), bareLoad.next()])
  const packet = createQuestion(type)
  const warmUpMs = isQuick ? 100 : 2_000
  const ms = isQuick ? 100 : 1_500
  await measure(daemon, ourLoad, packet, warmUpMs, 5)
  await measure(bareServer, bareLoad, packet, warmUpMs, 0)
  const ours: Rate[] = []
  const bare: Rate[] = []
  for (let i = 0; i < (isQuick ? 2 : 7); i += 1) {
    ours.push(await measure(daemon, ourLoad, packet, ms, 5))
    bare.push(await measure(bareServer, bareLoad, packet, ms, 0))
  }
  await Promise.all([ourLoad.kill(), bareLoad.kill(), bareServer.kill(), close()])
  return { ours, bare }
}

/** Milliseconds from one question to the last byte of its answer, one after the other. */
async function ask(socket: Socket, packet: Buffer, times: number): Promise<{ samples: number[]; last: Buffer }> {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(packet.length)
  const question = Buffer.concat([length, packet])
  const samples: number[] = []
  let last = Buffer.alloc(0)
  for (let i = 0; i < times; i += 1) {
    const startedAtMs = performance.now()
    socket.write(question)
    const chunks: Buffer[] = []
    let bytes = 0
    while (bytes < 2 || bytes < 2 + (chunks[0]?.readUInt16BE(0) ?? 0)) {
      const [chunk] = await once(socket, 'data')
      chunks.push(chunk)
      bytes += chunk.length
    }
    samples.push(performance.now() - startedAtMs)
    last = Buffer.concat(chunks)
  }
  return { samples, last }
}

async function compareSrv(instances: number, isQuick: boolean): Promise<{ ours: number[]; bare: number[] }> {
  const { dnsPort, close } = await openDaemon(instances)
  const packet = createQuestion('SRV')
  const ourSocket = dialBare(dnsPort)
  const { last } = await ask(ourSocket, packet, 1)
  if (decode(last.subarray(2)).answers?.length !== instances) throw new Error('not everyone is in the answer')
  const { server, port } = await listenBare((socket) => socket.on('data', () => void socket.write(Buffer.from(last))))
  const bareSocket = dialBare(port)
  const times = isQuick ? 10 : 200
  await ask(ourSocket, packet, times)
  await ask(bareSocket, packet, times)
  const ours: number[] = []
  const bare: number[] = []
  for (let i = 0; i < 5; i += 1) {
    ours.push(...(await ask(ourSocket, packet, times)).samples)
    bare.push(...(await ask(bareSocket, packet, times)).samples)
  }
  for (const socket of [ourSocket, bareSocket]) socket.destroy()
  server.close()
  await close()
  return { ours, bare }
}

export const dnsThroughput: Scenario = {
  name: 'dns-throughput',
  description: 'A and SRV of 5 instances over UDP beside a bare node:dgram echo; 1,000 SRV records over TCP',
  async run({ isQuick, say }) {
    const rows: Row[] = []
    const verdicts: Verdict[] = []
    for (const type of ['A', 'SRV'] as const) {
      const ours: Rate[] = []
      const bare: Rate[] = []
      for (let start = 0; start < (isQuick ? 1 : 3); start += 1) {
        const found = await compare(type, isQuick)
        ours.push(...found.ours)
        bare.push(...found.bare)
        const [our, its] = [found.ours, found.bare].map((rates) => median(rates.map(({ perSecond }) => perSecond)))
        say(`${type}: start ${start + 1}: ${((our ?? 0) / (its ?? 0)).toFixed(2)}`)
      }
      for (const [who, rates] of [
        ['rollcall', ours],
        ['bare echo', bare],
      ] as const) {
        const perSecond = rates.map((rate) => rate.perSecond)
        const cpuUs = rates.map((rate) => rate.cpuUs)
        rows.push({
          what: `${type}: ${who}`,
          value: median(perSecond),
          unit: 'a second',
          spread: spread(perSecond),
          samples: rates.length,
        })
        rows.push({
          what: `${type}: ${who}, CPU an answer`,
          value: median(cpuUs),
          unit: 'µs',
          spread: spread(cpuUs),
          samples: rates.length,
        })
      }
      const ratio = (pick: (rate: Rate) => number) => median(ours.map(pick)) / median(bare.map(pick))
      verdicts.push(
        atLeast(
          `${type}: rollcall by bare, answers a second`,
          ratio(({ perSecond }) => perSecond),
          0.5,
        ),
      )
      verdicts.push(
        atMost(
          `${type}: rollcall by bare, CPU an answer`,
          ratio(({ cpuUs }) => cpuUs),
          2,
        ),
      )
    }
    const { ours, bare } = await compareSrv(1_000, isQuick)
    for (const [who, samples] of [
      ['rollcall', ours],
      ['bare', bare],
    ] as const)
      rows.push({
        what: `1,000 SRV over TCP: ${who}`,
        value: median(samples),
        unit: 'ms',
        spread: spread(samples),
        samples: samples.length,
      })
    verdicts.push(atMost('1,000 SRV over TCP, median', median(ours), 3, 'ms'))
    rows.push({ what: '1,000 SRV over TCP: 99th percentile', value: percentile(ours, 0.99), unit: 'ms' })
    return { rows, verdicts }
  },
}
