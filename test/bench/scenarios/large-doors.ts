// What an answer of the larger doors, those of Prometheus and of Consul, costs a daemon with 10,000 instances, beside a bare node:http server
// that sends the same bytes.

import type { Row, Scenario, Verdict } from '../scenario.ts'
import { Agent } from 'node:http'
import { startChild, startDaemon } from '../child.ts'
import { findFreePort } from '../free-port.ts'
import { askHttp, untilAlive, untilReady } from '../http-poll.ts'
import { atMost, reported } from '../scenario.ts'
import { median, spread } from '../statistics.ts'

/** So many that the lines of each fit into an argument of a program. */
const speakers = 100
const prometheusPaths: readonly string[] = ['/sd/prometheus', '/metrics']
/** All names, one of 100 instances, and everyone. */
const consulPaths: readonly string[] = ['/v1/catalog/services', '/v1/health/service/s7?passing', '/v1/health/state/any']
/** As often as most people scrape. */
const scrapeEveryMs = 15_000

/** The lines of one speaker: `%` becomes its number. */
function writeLines(count: number): string {
  const line = (at: number) =>
    `{"service":"s${at % 100}","id":"i%-${at}","address":"tcp://10.0.%.7:${10_000 + at}","zone":"eu-1a","version":"1.4.2","tags":["metrics","blue"],"meta":{"commit":"abc"}}`
  return Array.from({ length: count }, (_, at) => line(at)).join('\n')
}

export const largeDoors: Scenario = {
  name: 'large-doors',
  description:
    'the doors of Prometheus and Consul with 10,000 instances, beside a bare server that sends the same bytes',
  async run({ isQuick, say }) {
    const instances = isQuick ? 1_000 : 10_000
    const [port, httpPort] = [await findFreePort(), await findFreePort()]
    const agent = new Agent({ keepAlive: true })
    const daemon = startDaemon({ PORT: String(port), HTTP_PORT: String(httpPort) })
    const respondents = startChild('respondents', [port, speakers, 'sp', writeLines(instances / speakers)])
    await respondents.next()
    await untilAlive(agent, httpPort, instances)
    await untilReady(agent, httpPort)
    const rows: Row[] = []
    const verdicts: Verdict[] = []
    for (const path of [...prometheusPaths, ...consulPaths]) {
      const { body } = await askHttp(agent, httpPort, path)
      const bareServer = startChild('bare-http')
      const { port: barePort } = await bareServer.ask({ headers: { 'content-type': 'text/plain' }, body })
      const ours: number[] = []
      const bare: number[] = []
      for (let at = 0; at < (isQuick ? 5 : 60); at += 1) {
        ours.push(await measure(agent, httpPort, path))
        bare.push(await measure(agent, Number(barePort), path))
      }
      await bareServer.kill()
      const ms = median(ours) - median(bare)
      say(`${path}: ${Math.round(body.length / 1_024)} KiB, ${ms.toFixed(2)} ms more than its bytes take`)
      const what = `${path}, ${instances} instances`
      rows.push({ what, value: median(ours), unit: 'ms', spread: spread(ours), samples: ours.length })
      rows.push({
        what: `bare, the same bytes`,
        value: median(bare),
        unit: 'ms',
        spread: spread(bare),
        samples: bare.length,
      })
      if (consulPaths.includes(path)) {
        verdicts.push(reported(`${path} by bare`, median(ours) / median(bare)))
        continue
      }
      verdicts.push(
        atMost(`${path}: share of the time, asked every 15 s`, (100 * median(ours)) / scrapeEveryMs, 1, '%'),
      )
    }
    await respondents.kill()
    await daemon.kill()
    agent.destroy()
    return { rows, verdicts }
  },
}

async function measure(agent: Agent, port: number, path: string): Promise<number> {
  const startedAtMs = performance.now()
  await askHttp(agent, port, path)
  return performance.now() - startedAtMs
}
