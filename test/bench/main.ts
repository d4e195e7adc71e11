// `npm run bench -- NAME…`: runs scenarios one after the other, prints a table each with the ratios last, and writes JSON where asked.
// A new scenario is a file in scenarios/ and a line here.

import type { Scenario } from './scenario.ts'
import { writeFileSync } from 'node:fs'
import { readCommandLine } from './command-line.ts'
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

const comparisons: readonly Scenario[] = [messaging, discovery]

const reading = readCommandLine(process.argv.slice(2), { scenarios, comparisons })
if (reading.kind !== 'run') {
  if (reading.kind === 'help') console.log(reading.text)
  else console.error(reading.text)
  process.exit(reading.kind === 'help' ? 0 : 2)
}

const { scenarios: chosen, json, ...choices } = reading.commandLine
const machine = describeMachine()
console.log(Object.values(machine).join(', '))

// An exit takes the children along, servers of peers among them.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

/** Twice what the longest takes. */
const timeoutMs = 600_000

const outcome = await runScenarios(chosen, { ...choices, timeoutMs, print: console.log })
if (json !== undefined) writeFileSync(json, `${JSON.stringify({ machine, ...outcome }, undefined, 2)}\n`)
// Whatever a scenario left open ends here, with the children.
process.exit(Object.keys(outcome.failures).length > 0 ? 1 : 0)
