// `npm run bench -- NAME…`: runs scenarios one after the other, prints a table each with the ratios last, and writes JSON where asked.

import type { Result, Scenario } from './scenario.ts'
import { writeFileSync } from 'node:fs'
import { cpus, release, totalmem, type as osType } from 'node:os'
import { parseArgs } from 'node:util'
import { clientResolve } from './scenarios/client-resolve.ts'
import { clusterRequest } from './scenarios/cluster-request.ts'
import { connectResolvable } from './scenarios/connect-resolvable.ts'
import { daemonRestart } from './scenarios/daemon-restart.ts'
import { gone } from './scenarios/gone.ts'
import { memoryAndCpu } from './scenarios/memory-and-cpu.ts'
import { oneWay } from './scenarios/one-way.ts'
import { reqRep } from './scenarios/req-rep.ts'
import { resolveThroughput } from './scenarios/resolve-throughput.ts'
import { surveyRound } from './scenarios/survey-round.ts'

const scenarios: readonly Scenario[] = [
  surveyRound,
  reqRep,
  oneWay,
  clusterRequest,
  connectResolvable,
  gone,
  daemonRestart,
  resolveThroughput,
  clientResolve,
  memoryAndCpu,
]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, json: { type: 'string' } },
})

const names = positionals.includes('all') ? scenarios.map(({ name }) => name) : positionals
const unknown = names.filter((name) => !scenarios.some((scenario) => scenario.name === name))
if (names.length === 0 || unknown.length > 0) {
  if (unknown.length > 0) console.error(`no such scenario: ${unknown.join(', ')}`)
  console.log('npm run bench -- [--quick] [--json FILE] NAME… | all\n')
  for (const { name, description } of scenarios) console.log(`  ${name.padEnd(20)} ${description}`)
  process.exit(unknown.length > 0 ? 2 : 0)
}

const machine = {
  date: new Date().toISOString(),
  node: process.version,
  os: `${osType()} ${release()}`,
  cpu: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  command: `npm run bench -- ${process.argv.slice(2).join(' ')}`,
}
console.log(Object.values(machine).join(', '))

const results: Record<string, Result> = {}
for (const scenario of scenarios.filter(({ name }) => names.includes(name))) {
  console.log(`\n## ${scenario.name}: ${scenario.description}\n`)
  const result = await scenario.run({ isQuick: values.quick, say: (text) => console.log(`  ${text}`) })
  results[scenario.name] = result
  print(result)
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ machine, results }, undefined, 2)}\n`)
// Whatever a scenario left open ends here, with the children.
process.exit(0)

function print({ rows, verdicts }: Result): void {
  console.log('\n| measured | value | spread | samples |\n|---|---|---|---|')
  for (const { what, value, unit, spread, samples } of rows)
    console.log(
      `| ${what} | ${round(value)} ${unit} | ${spread === undefined ? '' : round(spread)} | ${samples ?? ''} |`,
    )
  console.log('\n| ratio or bound | value | target | |\n|---|---|---|---|')
  for (const { what, value, unit, target, isMet } of verdicts)
    console.log(`| ${what} | ${round(value)} ${unit} | ${target} | ${isMet ? 'met' : 'MISSED'} |`)
}

function round(value: number): string {
  return Number(value.toPrecision(3)).toString()
}
