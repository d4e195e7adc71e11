// An HTTP service on the roll: any web framework will do, this one is Fastify. Tells how many requests are in flight with
// each answer to the roll call.

import { hostname } from 'node:os'
import fastify from 'fastify'
import type { Membership } from '../../messaging/index.ts'
import { join } from '../../messaging/index.ts'
import type { RunningService, ServiceContext } from '../lifecycle.ts'
import { explainListenError, listenHost, runService } from '../lifecycle.ts'

async function start({ env, environment, log }: ServiceContext): Promise<RunningService> {
  const { SERVICE_NAME: service = 'web', SERVICE_HOST: announced, SERVICE_PORT: asked = 0 } = environment.values
  let membership: Membership | undefined
  let inflight = 0
  // While it closes, a request on a connection that is open already is answered like any other.
  const app = fastify({ return503OnClosing: false })
  app.addHook('onRequest', async () => void (inflight += 1))
  app.addHook('onResponse', async () => void (inflight -= 1))
  app.get('/', async (request) => {
    log.info({ from: request.ip }, 'Request: GET /')
    const { SERVICE_ZONE: zone, SERVICE_VERSION: version } = environment.values
    return { service, id: membership?.id ?? '', answer: 'The answer is 42', host: hostname(), zone, version }
  })
  app.get('/health', async () => ({ status: 'ok', daemons: membership?.daemons ?? null }))

  try {
    await app.listen({ host: listenHost(announced), port: asked })
    const [address] = app.addresses()
    const port = typeof address === 'object' ? address.port : asked
    membership = await join({ env, log, service, port, protocol: 'http', inflight: () => inflight })
    log.info({ service, id: membership.id, port }, 'listening')
  } catch (error) {
    await app.close()
    throw explainListenError(error, asked)
  }
  const joined = membership
  return {
    leaveRoll: () => joined.leave(),
    rereadKeys: () => joined.rereadKeys(),
    finish: () => app.close(),
  }
}

await runService('web', process, start)
