// The article's service: on the roll as a RESPONDENT, and a REP that knows the answer. Its port may be 0 in the environment;
// what it really listens on is what it tells.

import { join, openEngine } from '../../messaging/index.ts'
import type { RunningService, ServiceContext } from '../lifecycle.ts'
import { explainListenError, listenHost, runService } from '../lifecycle.ts'

async function start({ env, environment, log }: ServiceContext): Promise<RunningService> {
  const {
    SERVICE_NAME: service = 'answer',
    SERVICE_HOST: host,
    SERVICE_PORT: asked = 0,
    ROLLCALL_ENGINE,
  } = environment.values
  const engine = await openEngine(ROLLCALL_ENGINE)
  const replier = engine.createReplier((body) => {
    log.info(`Request: ${body.toString('utf8', 0, 200)}`)
    return Buffer.from('The answer is 42')
  })
  try {
    const bindHost = listenHost(host)
    const listener = await engine.listen(
      `tcp://${bindHost.includes(':') ? `[${bindHost}]` : bindHost}:${asked}`,
      replier,
    )
    const port = Number(listener.address.slice(listener.address.lastIndexOf(':') + 1))
    const membership = await join({ env, log, engine, service, port })
    log.info({ service, id: membership.id, port }, 'listening')
    return {
      leaveRoll: () => membership.leave(),
      rereadKeys: () => membership.rereadKeys(),
      finish: () => engine.close(),
    }
  } catch (error) {
    await engine.close()
    throw explainListenError(error, asked)
  }
}

await runService('answer', process, start)
