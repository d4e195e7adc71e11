// `rollcall gate`: lets a program that cannot speak TLS into a fleet with keys. An SP device on each way: the daemons' questions go in
// through it to the program, and requests of callers go on to it. What is plain stays on the program's side of the gate.

import { Command } from 'commander'
import type { Keyring } from '../messaging/keys/keyring.ts'
import { openKeyring } from '../messaging/keys/open-keyring.ts'
import { planDaemons } from '../messaging/roll/daemon-places.ts'
import { readEnvironment } from '../messaging/roll/read-environment.ts'
import { serviceVariables } from '../messaging/roll/service-environment.ts'
import type { Dialer, Engine } from '../messaging/sp/engine.ts'
import { RollcallError } from '../messaging/sp/error.ts'
import { openEngine } from '../messaging/sp/index.ts'
import { createLog } from '../services/log.ts'
import { formatVariables } from './terminal/environment-help.ts'
import { exitCodes } from './terminal/exit-code.ts'
import type { Terminal } from './terminal/terminal.ts'

const { DISCOVERY_HOST, DISCOVERY_PORT, SERVICE_NAME, ROLLCALL_KEY, ROLLCALL_KEYRING, LOG_LEVEL, LOG_FORMAT } =
  serviceVariables
const gateVariables = {
  DISCOVERY_HOST,
  DISCOVERY_PORT,
  SERVICE_NAME,
  ROLLCALL_KEY,
  ROLLCALL_KEYRING,
  LOG_LEVEL,
  LOG_FORMAT,
}

interface GateOptions {
  readonly roll: string
  readonly serve?: string
  readonly to?: string
}

export function createGateCommand(terminal: Terminal): Command {
  return new Command('gate')
    .description('let a program that cannot speak TLS into a fleet with keys')
    .option('--roll <address>', 'where the program dials in place of a daemon', 'tcp://*:5555')
    .option('--serve <address>', 'where callers send their requests (REQ), such as tcp://*:9000')
    .option('--to <address>', 'where the program answers them (REP), such as tcp://classic:9000')
    .addHelpText(
      'after',
      `
The gate speaks to the daemons with the key that it holds for SERVICE_NAME: \`rollcall key derive roll:NAME\` makes one that
allows nothing else. Whoever reaches --roll can answer for that name: keep it on a network of the program's own, by the
name or address that the gate has there.

Environment:
${formatVariables(gateVariables)}

SIGTERM and SIGINT end it in order, with exit code 0. SIGHUP reads the file of ROLLCALL_KEYRING again.

Example:
  SERVICE_NAME=classic ROLLCALL_KEYRING=classic.key DISCOVERY_HOST=discovery \\
    rollcall gate --serve tcp://*:9000 --to tcp://classic:9000`,
    )
    .action(async (options: GateOptions) => {
      const signal = terminal.untilSignal()
      if ((options.serve === undefined) !== (options.to === undefined))
        throw new RollcallError(
          'ADDRESS_INVALID',
          '--serve and --to belong together: requests go from one to the other',
        )
      const { values } = readEnvironment(gateVariables, terminal.env, {
        required: ['DISCOVERY_HOST', 'SERVICE_NAME'],
      })
      const log = createLog({ level: values.LOG_LEVEL, format: values.LOG_FORMAT })
      const keyring = openKeyring({ key: values.ROLLCALL_KEY, path: values.ROLLCALL_KEYRING }, log)
      if (keyring) terminal.onHangup(() => keyring.reread())
      const { addresses } = planDaemons(undefined, values, keyring ? 'tls+tcp' : 'tcp')
      const engine = await openEngine('sp')
      try {
        const opened = await openGate(engine, { ...options, addresses, service: values.SERVICE_NAME ?? '', keyring })
        log.info({ service: values.SERVICE_NAME, daemons: addresses.join(','), ...opened }, 'the gate is open')
        if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve))
      } finally {
        await engine.close()
      }
      terminal.finish(exitCodes.ok)
    })
}

interface GatePlan extends GateOptions {
  /** Of the daemons. */
  readonly addresses: readonly string[]
  readonly service: string
  readonly keyring: Keyring | undefined
}

/** Where it listens: with the real port where 0 was asked for. */
interface OpenGate {
  readonly roll: string
  readonly served: string | undefined
}

async function openGate(engine: Engine, { roll, serve, to, addresses, service, keyring }: GatePlan): Promise<OpenGate> {
  const errand = { answerFor: service }
  if (keyring && !keyring.speakFor(errand))
    throw new RollcallError('KEY_INVALID', `no key here may put ${service} on the roll: roll:${service} is enough`)
  let dialers: Dialer[] = []
  const dial = keyring ? { credentials: keyring.dialCredentials(errand) } : {}
  // The daemons see a connection for as long as the program has one here: its death is told at once, and not by silence.
  const questions = engine.createDevice('SURVEY', {
    back: {
      onAttach() {
        if (dialers.length === 0) dialers = addresses.map((daemon) => engine.dial(daemon, questions.front, dial))
      },
      onDetach() {
        if (questions.back.pipes.size > 0) return
        for (const dialer of dialers) void dialer.close()
        dialers = []
      },
    },
  })
  keyring?.guard(questions.front)
  const { address } = await engine.listen(roll, questions.back)
  if (serve === undefined || to === undefined) return { roll: address, served: undefined }
  const requests = engine.createDevice('REQREP')
  engine.dial(to, requests.back)
  const served = await engine.listen(serve, requests.front)
  return { roll: address, served: served.address }
}
