// `rollcall watch-docker`: puts the labelled containers of a Docker engine on the roll, so that an unchanged nginx or redis is found.

import { hostname } from 'node:os'
import { Command } from 'commander'
import { engineReads, openDockerEngine } from '../docker/watch/engine.ts'
import { findOwnContainer } from '../docker/watch/own-container.ts'
import { openWatcher } from '../docker/watch/watcher.ts'
import { speak } from '../messaging/roll/speak.ts'
import { readEnvironment } from '../messaging/roll/read-environment.ts'
import { otherRollcallNames } from '../messaging/roll/shared-environment.ts'
import { serviceVariables } from '../messaging/roll/service-environment.ts'
import { systemClock } from '../messaging/sp/clock.ts'
import { createLog } from '../services/log.ts'
import { formatVariables } from './terminal/environment-help.ts'
import { exitCodes } from './terminal/exit-code.ts'
import type { Terminal } from './terminal/terminal.ts'

const {
  DISCOVERY_HOST,
  DISCOVERY_PORT,
  SERVICE_ID,
  SERVICE_ZONE,
  ROLLCALL_KEY,
  ROLLCALL_KEYRING,
  LOG_LEVEL,
  LOG_FORMAT,
} = serviceVariables
const watcherVariables = {
  DISCOVERY_HOST,
  DISCOVERY_PORT,
  SERVICE_ID: {
    ...SERVICE_ID,
    description: 'who the watcher is, as the lines that it says tell; default: docker@ and the host name',
  },
  SERVICE_ZONE: { ...SERVICE_ZONE, description: 'place of the containers that name none' },
  ROLLCALL_KEY,
  ROLLCALL_KEYRING,
  LOG_LEVEL,
  LOG_FORMAT,
}

export function createWatchDockerCommand(terminal: Terminal): Command {
  return new Command('watch-docker')
    .description('put the labelled containers of a Docker engine on the roll')
    .addHelpText(
      'after',
      `
Reads the engine at DOCKER_HOST, by default its socket, which may be mounted read-only or stand behind a proxy that lets these through:
  ${engineReads.join('\n  ')}

Labels: rollcall.service, .port, .protocol, .id, .tags, .version, .weight, .zone, .network, .ignore, .meta.*, .check.http, .check.tcp,
.check.interval, .check.timeout; rollcall.PORT.service and the like for several ports. Registrator's SERVICE_* are understood.

Environment:
${formatVariables(watcherVariables)}

SIGTERM and SIGINT end it with exit code 0; the daemons keep its containers for 3 seconds, in which another watcher may take over.
SIGHUP reads the file of ROLLCALL_KEYRING again.

Example:
  DISCOVERY_HOST=discovery rollcall watch-docker
  docker run -d --label rollcall.service=shop --label rollcall.port=80 nginx`,
    )
    .action(async () => {
      const signal = terminal.untilSignal()
      const options = { required: ['DISCOVERY_HOST'], known: otherRollcallNames }
      const { values } = readEnvironment(watcherVariables, terminal.env, options)
      const log = createLog({ level: values.LOG_LEVEL, format: values.LOG_FORMAT })
      const engine = openDockerEngine()
      const by = values.SERVICE_ID ?? `docker@${hostname()}`
      const speaking = await speak({ by, env: terminal.env, log, isKnowing: () => watcher.isKnowing })
      const watcher = openWatcher({
        engine,
        speaking,
        clock: systemClock,
        log,
        zone: values.SERVICE_ZONE,
        ownContainer: findOwnContainer(),
      })
      terminal.onHangup(() => speaking.rereadKeys())
      log.info({ by, reads: engineReads.join(', ') }, 'watching')
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve))
      await watcher.close()
      await speaking.close()
      terminal.finish(exitCodes.ok)
    })
}
