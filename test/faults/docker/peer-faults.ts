// What comes from outside the fleet: a clock that is set, one that claims the id of another, many that come at once, clients that do not read, and
// answers of those who may not give them.

import type { Socket } from 'node:net'
import type { Child } from '../../bench/child.ts'
import type { Engine } from '../../../messaging/sp/engine.ts'
import type { LifeRecord } from '../history.ts'
import type { CrowdOptions } from './crowd-options.ts'
import type { CreateFault } from './fault.ts'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createRootKey } from '../../../messaging/keys/key.ts'
import { createKeyring } from '../../../messaging/keys/keyring.ts'
import { openKeyring } from '../../../messaging/keys/open-keyring.ts'
import { createSpEngine } from '../../../messaging/sp/engines/sp.ts'
import { startFile } from '../../bench/child.ts'
import { docker } from '../../e2e/fleet.ts'
import { crowdService } from './crowd-options.ts'
import { hostOf } from './fault.ts'
import { endpointOf } from './fleet.ts'
import { yieldToContainers } from './stall-probe.ts'
import { untilUp } from './up.ts'

export const createClockStep: CreateFault = ({ fleet }, { hosts: [daemon = ''], amount }) => ({
  begin: () => fleet.setClock(daemon, amount),
  end: () => fleet.setClock(daemon, 0),
})

/** Addresses of the fleet's network from here on are nobody's, and so many of them are used in turn. */
const firstFreeAddress = 60
const freeAddresses = 60

/** Of an instance that joined by itself: another one, where the one that was meant is spoken for. */
export const createDuplicateId: CreateFault = (context, planned) => {
  const { fleet, recorder } = context
  const meant = hostOf(context, planned)
  const isMember = ({ provider }: typeof meant) => provider?.service === 'answer' || provider?.service === 'web'
  const original = isMember(meant) ? meant : (fleet.instances.find(isMember) ?? meant)
  const { service, id, address: itsAddress } = original.provider ?? { service: '', id: '', address: '' }
  const address = fleet.freeAddress(firstFreeAddress + (planned.number % freeAddresses))
  const provider = { service, id, address: itsAddress.replace(original.address, address) }
  const name = `twin-${planned.number}`
  let containerId = ''
  return {
    async begin() {
      const { Config } = await fleet.container(original).inspect()
      const env = (Config.Env ?? []).filter((variable) => !variable.startsWith('SERVICE_ID='))
      const container = await docker.createContainer({
        Image: Config.Image,
        Cmd: Config.Cmd ?? [],
        Env: [...env, `SERVICE_ID=${id}`],
        Healthcheck: { Test: ['NONE'] },
        HostConfig: {
          Binds: [`${fleet.volume(`keys-${service}`)}:/keys/${service}:ro`],
          NetworkMode: fleet.network,
        },
        NetworkingConfig: { EndpointsConfig: { [fleet.network]: endpointOf({ name, address, provider }) } },
      })
      fleet.adopt(container)
      containerId = container.id
      recorder.life({ host: name, is: 'starting', provider })
      await container.start()
      await untilUp({ name, address, provider, containerIds: [containerId] })
      recorder.life({ host: name, is: 'up', provider })
    },
    async end() {
      recorder.life({ host: name, is: 'stopping', how: 'left', provider })
      const container = docker.getContainer(containerId)
      await container.stop()
      recorder.life({ host: name, is: 'down', how: 'left', provider })
      await container.remove({ force: true })
    },
  }
}

/** With a weight of nothing: they are on the roll, and nobody is sent to them. */
export const createThundering: CreateFault = ({ fleet, recorder }, { amount }) => {
  const members = Array.from({ length: amount }, (_, at) => {
    const id = `crowd-${at}`
    return { host: id, provider: { service: crowdService, id, address: `http://10.77.${at >> 8}.${at & 255}:8080` } }
  })
  const tell = (life: Pick<LifeRecord, 'is' | 'how'>) => {
    const atMs = recorder.nowMs()
    for (const member of members) recorder.life({ ...member, ...life }, atMs)
  }
  let child: Child | undefined
  return {
    async begin() {
      const options: CrowdOptions = {
        daemons: fleet.daemons.map(({ address }) => address),
        keyringPath: fleet.keys.web,
        lines: members.map(({ provider }) => JSON.stringify({ ...provider, weight: 0 })),
      }
      tell({ is: 'starting' })
      const file = fileURLToPath(new URL('./crowd.js', import.meta.url))
      child = startFile(file, [], { detached: true })
      yieldToContainers(child.pid)
      await child.ask(options)
      tell({ is: 'up' })
    },
    async end() {
      tell({ is: 'stopping', how: 'left' })
      child?.send({ leave: true })
      await child?.closed
      tell({ is: 'down', how: 'left' })
    },
  }
}

const unreadConnections = 4
const unreadRequests = 2_000
/** Less may lie in the buffers of two kernels. */
const leastUnreadBytes = 1024 * 1024

/** Ask for more than anybody will take, on connections that nobody reads; and streams of events likewise. */
export const createSlowReader: CreateFault = (context, planned) => {
  const { address } = hostOf(context, planned)
  const sockets: Socket[] = []
  let unread = 0
  const open = (request: string) => {
    const socket = connect({ host: address, port: 8500 })
    // A daemon that is killed or cut off ends it, which is no fault of this one.
    socket.pause().on('error', () => undefined)
    socket.write(request)
    sockets.push(socket)
  }
  return {
    async begin() {
      for (let at = 0; at < unreadConnections; at += 1) {
        open(`GET /services/answer HTTP/1.1\r\nHost: faults\r\n\r\n`.repeat(unreadRequests))
        open(`GET /watch HTTP/1.1\r\nHost: faults\r\n\r\n`)
      }
    },
    async end() {
      for (const socket of sockets) socket.on('data', (chunk: Buffer) => (unread += chunk.length)).resume()
      await sleep(1_000)
      for (const socket of sockets) socket.destroy()
    },
    cameTo: () => (unread >= leastUnreadBytes ? `${unread} bytes lay unread` : undefined),
  }
}

/** One that speaks no TLS, one with a key that nobody has made here, and one whose key is for another name: of the three the daemons count the lines of
 * the last as refused. */
export const createForger: CreateFault = ({ fleet }) => {
  const forged = Buffer.from('answer|tls+tcp://10.66.6.6:9000')
  const wrong = createKeyring([createRootKey('answer')])
  const stranger = openKeyring({ path: fleet.keys.web })
  let engine: Engine | undefined
  return {
    async begin() {
      engine = createSpEngine()
      const respondent = engine.createRespondent(() => forged)
      for (const { address } of fleet.daemons) {
        const place = `tls+tcp://${address}:5555`
        engine.dial(`tcp://${address}:5555`, respondent)
        engine.dial(place, respondent, { credentials: wrong.dialCredentials({ answerFor: 'answer' }) })
        if (stranger) engine.dial(place, respondent, { credentials: stranger.dialCredentials({ answerFor: 'web' }) })
      }
    },
    async end() {
      await engine?.close()
    },
  }
}
