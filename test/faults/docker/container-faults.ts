// What happens to containers and to the engine: killed, paused, cut off from their network, all of them stopped and started.

import type { LifeRecord } from '../history.ts'
import type { CreateFault, FaultContext } from './fault.ts'
import type { Host } from './fleet.ts'
import { endEngine } from '../../e2e/engine-process.ts'
import { docker } from '../../e2e/fleet.ts'
import { until } from '../../e2e/roll.ts'
import { hostOf } from './fault.ts'
import { endpointOf } from './fleet.ts'
import { untilUp } from './up.ts'

/** All of them in the same moment. */
function tellLives({ recorder }: FaultContext, hosts: readonly Host[], life: Pick<LifeRecord, 'is' | 'how'>): void {
  const atMs = recorder.nowMs()
  for (const { name, provider } of hosts) recorder.life({ host: name, ...(provider && { provider }), ...life }, atMs)
}

/** Without a word. Where somebody else speaks for it, it is now the one and now the other that dies. */
export const createKill: CreateFault = (context, planned) => {
  const hosts = planned.hosts.map((name) => context.fleet.host(name))
  const containers = hosts.map(({ containerIds }) => {
    return docker.getContainer(containerIds[planned.number % containerIds.length] ?? '')
  })
  return {
    async begin() {
      tellLives(context, hosts, { is: 'stopping', how: 'killed' })
      await Promise.all(containers.map((container) => container.kill()))
      tellLives(context, hosts, { is: 'down', how: 'killed' })
    },
    async end() {
      tellLives(context, hosts, { is: 'starting' })
      await Promise.all(containers.map((container) => container.start()))
      await Promise.all(hosts.map(untilUp))
      tellLives(context, hosts, { is: 'up' })
    },
  }
}

/** Stopped in its tracks, with its connections open, as by SIGSTOP: by the freezer, which stops all processes of a container. */
export const createPause: CreateFault = (context, { hosts }) => {
  const containers = hosts.map((name) => context.fleet.container(context.fleet.host(name)))
  return {
    begin: async () => void (await Promise.all(containers.map((container) => container.pause()))),
    end: async () => void (await Promise.all(containers.map((container) => container.unpause()))),
  }
}

export const createDisconnect: CreateFault = (context, planned) => {
  const host = hostOf(context, planned)
  const network = docker.getNetwork(context.fleet.network)
  const { id } = context.fleet.container(host)
  return {
    begin: () => network.disconnect({ Container: id }),
    end: () => network.connect({ Container: id, EndpointConfig: endpointOf(host) }),
  }
}

/** The engine ends as on a shutdown, and all containers before it; then it starts, and they do. */
export const createEngineRestart: CreateFault = (context, planned) => {
  const { fleet } = context
  const hosts = planned.hosts.map((name) => fleet.host(name))
  const inspect = () => Promise.all(fleet.containerIds.map((id) => docker.getContainer(id).inspect()))
  const startedAt = async () => (await inspect()).map(({ State }) => State.StartedAt)
  let before: readonly string[] = []
  let after: readonly string[] = []
  let startEngine = () => Promise.resolve()
  return {
    async begin() {
      before = await startedAt()
      tellLives(context, hosts, { is: 'stopping', how: 'left' })
      startEngine = await endEngine('SIGTERM')
      tellLives(context, hosts, { is: 'down', how: 'left' })
    },
    async end() {
      tellLives(context, hosts, { is: 'starting' })
      await startEngine()
      await until(
        'all containers to run again',
        async () => (await inspect()).map(({ State }) => State.Running),
        (running) => running.every(Boolean),
      )
      await Promise.all(hosts.map(untilUp))
      tellLives(context, hosts, { is: 'up' })
      after = await startedAt()
    },
    cameTo() {
      const isAnew = after.every((at, each) => at !== before[each])
      return isAnew ? `${after.length} containers started anew` : undefined
    },
  }
}
