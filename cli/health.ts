// `rollcall health`: whether a daemon is ready, as an exit code, for health checks in containers.
// Runs every few seconds in every container, so it loads next to nothing and asks one daemon once.

import { Command } from 'commander'
import { describeFailure, localUrl, readDaemonUrls } from './asking/daemon-client.ts'
import { exitCodes } from './terminal/exit-code.ts'
import type { Terminal } from './terminal/terminal.ts'

const timeoutMs = 2000

export function createHealthCommand(terminal: Terminal): Command {
  return new Command('health')
    .description('exit with 0 when the daemon on this machine is ready, else with 4')
    .option('--daemon <url>', 'daemon to ask (default: the one on this machine, at HTTP_HOST and HTTP_PORT)')
    .addHelpText(
      'after',
      `
Ready means that a round has ended since the warm-up, so that the daemon's "nobody" rests on knowledge.
ROLLCALL_URL is not read: a health check is about this machine.

Example:
  HEALTHCHECK --interval=5s CMD ["node", "dist/cli/main.js", "health"]`,
    )
    .action(async (options: { readonly daemon?: string }) => {
      const [url = ''] = readDaemonUrls(options.daemon ?? localUrl(terminal.env), terminal.env)
      const outcome = await askReady(`${url}/ready`, options.daemon === undefined)
      if (outcome === 200) return terminal.finish(exitCodes.ok)
      terminal.note(`rollcall: ${url} is not ready (${outcome})`)
      return terminal.finish(exitCodes.unknown)
    })
}

/** The status, or what went wrong in words. The certificate of this very machine names it as others call it, and is not checked; nothing
 * secret is sent, since no token is needed for this. */
async function askReady(url: string, isOwn: boolean): Promise<number | string> {
  const { get } = url.startsWith('https:') ? await import('node:https') : await import('node:http')
  return new Promise((resolve) => {
    const request = get(url, { timeout: timeoutMs, agent: false, rejectUnauthorized: !isOwn }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 'no status')
    })
    request.on('timeout', () => request.destroy(new Error('no answer in time')))
    request.on('error', (error) => resolve(describeFailure(error)))
  })
}
