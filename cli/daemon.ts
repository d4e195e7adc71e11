// `rollcall daemon`: the discovery daemon, told by the environment, until a signal ends it.
// What is wrong with the environment or a port is one line on stderr; everything after the start is in the log.

import { Command } from 'commander'
import { daemonVariables, readDaemonEnvironment } from '../discovery/daemon-environment.ts'
import { openDaemon } from '../discovery/daemon.ts'
import { openCertificate } from '../discovery/lookup/http/certificate.ts'
import { openKeyring } from '../messaging/keys/open-keyring.ts'
import { createLog } from '../services/log.ts'
import { formatVariables } from './terminal/environment-help.ts'
import { exitCodes } from './terminal/exit-code.ts'
import type { Terminal } from './terminal/terminal.ts'
import { readVersion } from './version.ts'

export function createDaemonCommand(terminal: Terminal): Command {
  return new Command('daemon')
    .description('run the discovery daemon, as the environment says')
    .addHelpText(
      'after',
      `
Environment:
${formatVariables(daemonVariables)}

SIGTERM and SIGINT end it in order, with exit code 0. SIGHUP reads the files of ROLLCALL_KEYRING,
HTTP_TLS_CERT and HTTP_TLS_KEY again.

Examples:
  rollcall daemon
  PORT=15555 HTTP_PORT=18500 LOG_FORMAT=line rollcall daemon`,
    )
    .action(async () => {
      const signal = terminal.untilSignal()
      const { logLevel, logFormat, keys, httpFiles, ...options } = readDaemonEnvironment(terminal.env)
      const log = createLog({ level: logLevel, format: logFormat })
      // How to log was to be known first; what is odd about the other variables can be logged now.
      readDaemonEnvironment(terminal.env, log)
      const keyring = openKeyring(keys, log)
      const httpCertificate = openCertificate(httpFiles, log)
      if (keyring ?? httpCertificate) {
        terminal.onHangup(() => {
          keyring?.reread()
          httpCertificate?.reread()
        })
      }
      const daemon = await openDaemon({ ...options, httpCertificate, keyring, log, version: readVersion() })
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve))
      await daemon.close()
      terminal.finish(exitCodes.ok)
    })
}
