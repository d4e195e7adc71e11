// `rollcall doctor`: looks at what usually goes wrong between a program and its daemons, from where it is started and with the
// environment that it is given, and says what to do about each. Changes nothing.

import { Command } from 'commander'
import { RollcallError } from '../messaging/sp/error.ts'
import { describeKey } from '../messaging/keys/open-keyring.ts'
import type { Keyring } from '../messaging/keys/keyring.ts'
import { openEngine } from '../messaging/sp/index.ts'
import { createDaemonOption } from './asking/daemon-client.ts'
import { openEngineOf } from './asking/engine.ts'
import { checkEnvironment } from './doctor/environment.ts'
import type { Finding } from './doctor/finding.ts'
import { fine, wrong } from './doctor/finding.ts'
import { checkHttp } from './doctor/http.ts'
import { planPlaces, readServiceName } from './doctor/places.ts'
import { checkRoll } from './doctor/roll.ts'
import { checkSp } from './doctor/sp.ts'
import { exitCodes } from './terminal/exit-code.ts'
import type { Terminal } from './terminal/terminal.ts'
import { printable } from './terminal/terminal.ts'

interface DoctorOptions {
  readonly daemon?: string
  readonly json?: true
}

export function createDoctorCommand(terminal: Terminal): Command {
  return new Command('doctor')
    .description('check what usually goes wrong, and say what to do about it')
    .addOption(createDaemonOption())
    .option('--json', 'print everything found as one line of JSON')
    .addHelpText(
      'after',
      `
Looks at the environment, the keys, the daemons over HTTP and SP, their clocks, and everyone on the roll, from where it is
started: run it where the program runs that does not work. Exit code 0 only when all is well, else 1.

SP is tried where DISCOVERY_HOST says, else on port 5555 of the daemons that are asked.

Examples:
  rollcall doctor
  docker compose exec client rollcall doctor
  rollcall doctor --json | jq -r '.findings[] | select(.isFine | not) | .advice'`,
    )
    .action(async (options: DoctorOptions) => {
      terminal.untilSignal()
      const findings: Finding[] = []
      for await (const finding of examine(options.daemon, terminal.env)) {
        if (terminal.isInterrupted()) return terminal.finish(exitCodes.interrupted)
        findings.push(finding)
        if (!options.json) printFinding(terminal, finding)
      }
      const wrongCount = findings.filter(({ isFine }) => !isFine).length
      if (options.json) terminal.print(JSON.stringify({ isFine: wrongCount === 0, findings }))
      else terminal.note(wrongCount === 0 ? 'all is well' : describeCount(wrongCount))
      terminal.finish(wrongCount === 0 ? exitCodes.ok : exitCodes.error)
    })
}

async function* examine(daemonOption: string | undefined, env: Terminal['env']): AsyncGenerator<Finding> {
  yield* checkEnvironment(env)
  const { urls, spPlaces } = planPlaces(daemonOption, env)
  const { keyring, findings: keyFindings, isUsable: areKeysUsable } = readKeys(env)
  yield* keyFindings
  const usable: string[] = []
  for (const url of urls) {
    const { findings, isUsable } = await checkHttp(url, env)
    yield* findings
    if (isUsable) usable.push(url)
  }
  const engine = await openEngine('sp')
  try {
    const options = { engine, keyring, serviceName: readServiceName(env) }
    // Without the keys that were meant, nothing is learnt from a handshake.
    if (areKeysUsable) for (const place of spPlaces) yield* await checkSp(place, options)
  } finally {
    await engine.close()
  }
  const [url] = usable
  if (url !== undefined) yield* await checkRoll(url, env)
}

interface KeyCheck {
  readonly keyring: Keyring | undefined
  readonly findings: readonly Finding[]
  /** There is none, or it can be read. */
  readonly isUsable: boolean
}

function readKeys(env: Terminal['env']): KeyCheck {
  try {
    const keyring = openEngineOf(env).keyring()
    if (keyring === undefined) return { keyring, findings: [], isUsable: true }
    return { keyring, findings: [fine('keys', keyring.keys.map(describeKey).join(', '))], isUsable: true }
  } catch (error) {
    if (!(error instanceof RollcallError)) throw error
    const advice =
      'set one of ROLLCALL_KEY and ROLLCALL_KEYRING to what `rollcall key` made, in a file that this user can read'
    // The check of the environment has said so.
    const isKnown = error.code === 'ENVIRONMENT_INVALID'
    return { keyring: undefined, findings: isKnown ? [] : [wrong('keys', error.message, advice)], isUsable: false }
  }
}

function printFinding(terminal: Terminal, { check, isFine, text, advice }: Finding): void {
  const mark = isFine ? terminal.paint('green', '✔') : terminal.paint('red', '✖')
  terminal.print(`${mark} ${check.padEnd(12)} ${printable(text)}`)
  if (advice !== undefined) terminal.print(`${' '.repeat(15)}${terminal.paint('cyan', `→ ${printable(advice)}`)}`)
}

function describeCount(count: number): string {
  return count === 1 ? '1 thing is wrong' : `${count} things are wrong`
}
