// The article's service: on the roll as a RESPONDENT, and a REP that knows the answer. It is a member of the cluster of its name as well, so
// that it can be called by that name alone. Its port may be 0 in the environment; what it really listens on is what it tells.

import type { Engine, Node } from '../../messaging/index.ts'
import { connect, join, openEngine, openKeyring } from '../../messaging/index.ts'
import type { RunningService, ServiceContext } from '../lifecycle.ts'
import { explainListenError, listenHost, runService } from '../lifecycle.ts'

async function start({ env, environment, log }: ServiceContext): Promise<RunningService> {
  const {
    SERVICE_NAME: service = 'answer',
    SERVICE_HOST: host,
    SERVICE_PORT: asked = 0,
    ROLLCALL_ENGINE,
    ROLLCALL_KEY: key,
    ROLLCALL_KEYRING: path,
  } = environment.values
  const engine = await openEngine(ROLLCALL_ENGINE)
  const answer = (body: Buffer): string => {
    log.info(`Request: ${body.toString('utf8', 0, 200)}`)
    return 'The answer is 42'
  }
  try {
    const keyring = openKeyring({ key, path }, log)
    const replier = engine.createReplier((body) => Buffer.from(answer(body)))
    const protocol = keyring ? 'tls+tcp' : 'tcp'
    const bindHost = listenHost(host)
    const address = `${protocol}://${bindHost.includes(':') ? `[${bindHost}]` : bindHost}:${asked}`
    const credentials = keyring?.listenCredentials((rights) => rights.mayCall(service))
    const listener = await engine.listen(address, replier, credentials && { credentials })
    keyring?.guard(replier)
    const port = Number(listener.address.slice(listener.address.lastIndexOf(':') + 1))
    const membership = await join({ env, log, engine, service, port, protocol, ...(keyring && { keyring }) })
    const request = (body: Buffer) => Buffer.from(`${membership.id} said: ${answer(body)}`)
    const node = await joinCluster(engine, {
      env,
      log,
      cluster: service,
      id: membership.id,
      handlers: { request },
      ...(keyring && { keyring }),
    })
    log.info({ service, id: membership.id, port }, 'listening')
    return {
      leaveRoll: () => membership.leave(),
      rereadKeys: () => void keyring?.reread(),
      async finish() {
        await node?.close()
        await engine.close()
      },
    }
  } catch (error) {
    await engine.close()
    throw explainListenError(error, asked)
  }
}

/** Undefined on an engine that has no clusters: what it has is on the roll all the same. */
async function joinCluster(engine: Engine, options: Parameters<typeof connect>[0]): Promise<Node | undefined> {
  return engine.features.link ? connect({ ...options, engine }) : undefined
}

await runService('answer', process, start)
