// `rollcall agent`: puts a program on the roll that knows nothing of it. Around the program, as its parent, or beside it.

import { networkInterfaces } from 'node:os'
import { delimiter, dirname } from 'node:path'
import { Command } from 'commander'
import type { Probe } from '../messaging/index.ts'
import { createHttpProbe, createOwnLoad, createTcpProbe, join } from '../messaging/index.ts'
import { openKeyring } from '../messaging/keys/open-keyring.ts'
import { checkVariables } from '../messaging/roll/check-environment.ts'
import type { Environment, EnvironmentLog } from '../messaging/roll/read-environment.ts'
import { readEnvironment } from '../messaging/roll/read-environment.ts'
import { servicePrefixes, serviceVariables } from '../messaging/roll/service-environment.ts'
import { otherRollcallNames } from '../messaging/roll/shared-environment.ts'
import { readHostPort } from '../messaging/sp/address.ts'
import { systemClock } from '../messaging/sp/clock.ts'
import { RollcallError } from '../messaging/sp/error.ts'
import { startAgent } from '../services/agent/agent.ts'
import { createCommandProbe } from '../services/agent/command-probe.ts'
import { readConnections } from '../services/agent/connections.ts'
import { findAddress } from '../services/agent/own-interface.ts'
import { startProgram } from '../services/agent/program.ts'
import { reapFor } from '../services/agent/reaper.ts'
import { createLog } from '../services/log.ts'
import { formatVariables } from './terminal/environment-help.ts'
import type { Terminal } from './terminal/terminal.ts'

const agentVariables = { ...serviceVariables, ...checkVariables }
type AgentValues = ReturnType<typeof readAgentEnvironment>['values']

export function createAgentCommand(terminal: Terminal): Command {
  return new Command('agent')
    .description('put a program on the roll that knows nothing of it')
    .argument(
      '[command...]',
      'the program to start, after --; without one the agent stands beside a program that runs already',
    )
    .passThroughOptions()
    .addHelpText(
      'after',
      `
The program is on the roll once its checks have passed (without any: once its port is open), and its status is what they come to.
SIGTERM and SIGINT: it leaves the roll, what is in flight may end within half of SERVICE_GRACE, then it gets the signal, and is
killed when SERVICE_GRACE is over. Other signals it gets at once. Its exit code is that of the agent.

Environment:
${formatVariables(agentVariables)}

Example:
  DISCOVERY_HOST=discovery SERVICE_NAME=redis SERVICE_PORT=6379 rollcall agent -- redis-server --port 6379`,
    )
    .action(async (command: readonly string[]) => {
      terminal.finishAs(await run(terminal, command))
    })
}

function readAgentEnvironment(env: Environment, log?: EnvironmentLog) {
  return readEnvironment(agentVariables, env, {
    required: ['DISCOVERY_HOST', 'SERVICE_NAME', 'SERVICE_PORT'],
    prefixes: servicePrefixes,
    known: otherRollcallNames,
    ...(log && { log }),
  })
}

async function run(terminal: Terminal, [file, ...args]: readonly string[]): Promise<number> {
  const { env } = terminal
  const { values } = readAgentEnvironment(env)
  const log = createLog({ level: values.LOG_LEVEL, format: values.LOG_FORMAT })
  readAgentEnvironment(env, log)
  const port = values.SERVICE_PORT ?? 0
  const host = readHost(values)
  const keyring = openKeyring({ key: values.ROLLCALL_KEY, path: values.ROLLCALL_KEYRING }, log)
  const probes = planProbes(values, port)
  // The image that is copied into others has tini beside the agent.
  const path = [env['PATH'] ?? '', dirname(process.argv[1] ?? '')].join(delimiter)
  const plan = file === undefined ? undefined : reapFor([file, ...args], { pid: process.pid, path })
  if (plan?.leavesZombies)
    log.warn({}, 'no tini on the path: children that the program leaves behind stay as zombies; or docker run --init')
  const program = plan && startProgram(plan.command, (reason) => terminal.note(`rollcall: ${reason}`))
  const agent = startAgent({
    program,
    probes,
    timing: {
      intervalMs: values.SERVICE_CHECK_INTERVAL,
      timeoutMs: values.SERVICE_CHECK_TIMEOUT,
      rise: values.SERVICE_CHECK_RISE,
      fall: values.SERVICE_CHECK_FALL,
    },
    join: () =>
      join({
        // What is checked is the agent's business, and no variable of a service.
        env: Object.fromEntries(Object.entries(env).filter(([name]) => !(name in checkVariables))),
        log,
        ...(host !== undefined && { host }),
        ...(keyring && { keyring }),
        load: createOwnLoad(systemClock),
        inflight: () => readConnections(port) ?? 0,
      }),
    connections: () => readConnections(port),
    graceMs: values.SERVICE_GRACE,
    clock: systemClock,
    log,
  })
  terminal.onSignals(['SIGTERM', 'SIGINT'], (signal) => agent.end(signal))
  terminal.onSignals(['SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH'], (signal) => {
    if (signal === 'SIGHUP') keyring?.reread()
    program?.send(signal)
  })
  return agent.ended
}

function readHost({ SERVICE_HOST, SERVICE_INTERFACE }: AgentValues): string | undefined {
  if (SERVICE_HOST !== undefined || SERVICE_INTERFACE === undefined) return SERVICE_HOST
  const found = findAddress(SERVICE_INTERFACE, networkInterfaces())
  if ('host' in found) return found.host
  throw new RollcallError('ENVIRONMENT_INVALID', `SERVICE_INTERFACE: ${found.reason}`)
}

function planProbes(values: AgentValues, port: number): Probe[] {
  const { SERVICE_CHECK_HTTP: http, SERVICE_CHECK_TCP: tcp, SERVICE_CHECK_COMMAND: command } = values
  const probes: Probe[] = []
  // Its loopback is the agent's: they share one network in either arrangement.
  if (http !== undefined) probes.push(createHttpProbe(http.startsWith('/') ? `http://127.0.0.1:${port}${http}` : http))
  const place = tcp === undefined ? { host: '127.0.0.1', port } : readHostPort(tcp)
  if (!place)
    throw new RollcallError(
      'ENVIRONMENT_INVALID',
      `SERVICE_CHECK_TCP: found ${JSON.stringify(tcp)}, accepted is host:port`,
    )
  if (tcp !== undefined || (http === undefined && command === undefined)) probes.push(createTcpProbe(place))
  if (command !== undefined) probes.push(createCommandProbe(command))
  return probes
}
