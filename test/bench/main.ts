// `npm run bench -- NAME…`: runs scenarios one after the other, prints a table each with the ratios last, and writes JSON where asked.
// A new scenario is a file in scenarios/ and a line here.

import type { Scenario } from './scenario.ts'
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { describeMachine } from './machine.ts'
import { runScenarios } from './run-scenarios.ts'
import { clientResolve } from './scenarios/client-resolve.ts'
import { clusterRequest } from './scenarios/cluster-request.ts'
import { containerStart } from './scenarios/container-start.ts'
import { connectResolvable } from './scenarios/connect-resolvable.ts'
import { connectClose } from './scenarios/connect-close.ts'
import { daemonRestart } from './scenarios/daemon-restart.ts'
import { discovery } from './scenarios/discovery.ts'
import { dnsThroughput } from './scenarios/dns-throughput.ts'
import { gone } from './scenarios/gone.ts'
import { inOrder } from './scenarios/in-order.ts'
import { largeDoors } from './scenarios/large-doors.ts'
import { memoryAndCpu } from './scenarios/memory-and-cpu.ts'
import { messaging } from './scenarios/messaging.ts'
import { oneWay } from './scenarios/one-way.ts'
import { publish } from './scenarios/publish.ts'
import { reqRep } from './scenarios/req-rep.ts'
import { resolveThroughput } from './scenarios/resolve-throughput.ts'
import { simulation } from './scenarios/simulation.ts'
import { surveyRound } from './scenarios/survey-round.ts'
import { tls } from './scenarios/tls.ts'
import { tunnel } from './scenarios/tunnel.ts'
import { watcherCost } from './scenarios/watcher-cost.ts'
import { watchers } from './scenarios/watchers.ts'

const scenarios: readonly Scenario[] = [
  surveyRound,
  reqRep,
  oneWay,
  tls,
  tunnel,
  publish,
  inOrder,
  connectClose,
  clusterRequest,
  connectResolvable,
  gone,
  daemonRestart,
  resolveThroughput,
  clientResolve,
  watchers,
  largeDoors,
  dnsThroughput,
  memoryAndCpu,
  simulation,
  containerStart,
  watcherCost,
]

/** Beside other systems: longer, and not among `all`. */
const comparisons: readonly Scenario[] = [messaging, discovery]
const every = [...scenarios, ...comparisons]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    /** Of a comparison: where results are kept, whether to go on with them, with whom, and what is measured. */
    folder: { type: 'string', default: 'bench-results' },
    resume: { type: 'boolean', default: false },
    peers: { type: 'string' },
    measure: { type: 'string', multiple: true, default: [] },
  },
})

const names = positionals.includes('all') ? scenarios.map(({ name }) => name) : positionals
const unknown = names.filter((name) => !every.some((scenario) => scenario.name === name))
if (names.length === 0 || unknown.length > 0) {
  if (unknown.length > 0) console.error(`no such scenario: ${unknown.join(', ')}`)
  console.log('npm run bench -- [--quick] [--json FILE] NAME… | all')
  console.log('beside other systems: [--resume] [--peers NAME,…] [--measure TEXT]… [--folder FOLDER]\n')
  for (const { name, description } of every) console.log(`  ${name.padEnd(20)} ${description}`)
  process.exit(unknown.length > 0 ? 2 : 0)
}

const machine = describeMachine()
console.log(Object.values(machine).join(', '))

// An exit takes the children along, servers of peers among them.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

/** Twice what the longest takes. */
const timeoutMs = 600_000

const outcome = await runScenarios(
  every.filter(({ name }) => names.includes(name)),
  {
    isQuick: values.quick,
    isResumed: values.resume,
    folder: values.folder,
    measure: values.measure,
    ...(values.peers === undefined ? {} : { only: values.peers.split(',') }),
    timeoutMs,
    print: console.log,
  },
)
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ machine, ...outcome }, undefined, 2)}\n`)
// Whatever a scenario left open ends here, with the children.
process.exit(Object.keys(outcome.failures).length > 0 ? 1 : 0)
