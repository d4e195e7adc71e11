// Lookups a second over HTTP, beside a bare node:http server that sends the same bytes; with one instance of the name and with a thousand.

import type { Child } from '../child.ts'
import type { Row, Scenario, Verdict } from '../scenario.ts'
import { Agent, get } from 'node:http'
import { startChild, startDaemon } from '../child.ts'
import { findFreePort } from '../free-port.ts'
import { untilAlive } from '../http-poll.ts'
import { atLeast } from '../scenario.ts'
import { median, spread } from '../statistics.ts'

const connections = 16
/** What Node adds by itself. */
const ownHeaders = new Set(['date', 'connection', 'keep-alive'])

function captureResponse(agent: Agent, port: number): Promise<{ headers: Record<string, string>; body: string }> {
  return new Promise((resolve, reject) => {
    get({ agent, port, host: '127.0.0.1', path: '/resolve/web' }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (body += chunk))
      response.on('end', () => {
        const entries = Object.entries(response.headers).filter(([name]) => !ownHeaders.has(name))
        resolve({ headers: Object.fromEntries(entries.map(([name, value]) => [name, String(value)])), body })
      })
    }).on('error', reject)
  })
}

async function lookupsPerSecond(load: Child, ms: number): Promise<number> {
  const { answers, ms: tookMs } = await load.ask({ ms })
  return (Number(answers) / Number(tookMs)) * 1_000
}

/** Fresh processes on both sides, warmed up, then turn about. */
async function compare(instances: number, isQuick: boolean): Promise<{ ours: number[]; bare: number[] }> {
  const [port, httpPort] = [await findFreePort(), await findFreePort()]
  const agent = new Agent({ keepAlive: true })
  const daemon = startDaemon({ PORT: String(port), HTTP_PORT: String(httpPort) })
  const line = '{"service":"web","id":"web-%","address":"tcp://10.0.0.7:%"}'
  const lines = Array.from({ length: instances }, (_, i) => line.replaceAll('%', String(10_000 + i))).join('\n')
  const respondent = startChild('respondents', [port, 1, 'sp', lines])
  await respondent.next()
  await untilAlive(agent, httpPort, instances)
  const bareServer = startChild('bare-http')
  const { port: barePort } = await bareServer.ask(await captureResponse(agent, httpPort))
  const ourLoad = startChild('http-load', [httpPort, '/resolve/web', connections])
  const bareLoad = startChild('http-load', [Number(barePort), '/resolve/web', connections])
  await ourLoad.next()
  await bareLoad.next()
  const ours: number[] = []
  const bare: number[] = []
  const warmUpMs = isQuick ? 100 : 3_000
  await lookupsPerSecond(ourLoad, warmUpMs)
  await lookupsPerSecond(bareLoad, warmUpMs)
  for (let i = 0; i < (isQuick ? 2 : 5); i += 1) {
    ours.push(await lookupsPerSecond(ourLoad, isQuick ? 100 : 1_500))
    bare.push(await lookupsPerSecond(bareLoad, isQuick ? 100 : 1_500))
  }
  for (const child of [ourLoad, bareLoad, bareServer, respondent, daemon]) await child.kill()
  agent.destroy()
  return { ours, bare }
}

export const resolveThroughput: Scenario = {
  name: 'resolve-throughput',
  description: '/resolve beside a bare node:http server that sends the same bytes',
  async run({ isQuick, say }) {
    const rows: Row[] = []
    const verdicts: Verdict[] = []
    for (const instances of [1, 1_000]) {
      const ours: number[] = []
      const bare: number[] = []
      for (let start = 0; start < (isQuick ? 1 : 4); start += 1) {
        const found = await compare(instances, isQuick)
        ours.push(...found.ours)
        bare.push(...found.bare)
        say(`${instances}: start ${start + 1}: ${(median(found.ours) / median(found.bare)).toFixed(2)}`)
      }
      const unit = 'a second'
      rows.push({
        what: `rollcall, ${instances} of the name`,
        value: median(ours),
        unit,
        spread: spread(ours),
        samples: ours.length,
      })
      rows.push({
        what: `bare node:http, ${instances}`,
        value: median(bare),
        unit,
        spread: spread(bare),
        samples: bare.length,
      })
      verdicts.push(atLeast(`${instances} of the name: rollcall by bare`, median(ours) / median(bare), 0.85))
    }
    return { rows, verdicts }
  },
}
