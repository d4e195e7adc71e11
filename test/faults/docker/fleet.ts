// The fleet of compose.yaml, larger, for a run of faults: under a project name and a network of its own, everyone at an address that stays. Promises
// that closing it leaves no container, network, volume, rule or file behind.

import type { Container } from 'dockerode'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { docker, execute, findContainer, runCompose } from '../../e2e/fleet.ts'
import { until } from '../../e2e/roll.ts'
import { provideImages } from '../../e2e/stand-ins.ts'
import { findFreePort } from '../../fixtures/free-port.ts'
import { removeRules } from './network-faults.ts'
import { readAlive } from './read-alive.ts'
import { containerProbe } from './stall-probe.ts'

interface Provider {
  readonly service: string
  readonly id: string
  readonly address: string
}

export interface Host {
  /** As the history calls it. */
  readonly name: string
  /** On the fleet's network. */
  readonly address: string
  /** Its own; and that of the one whom it speaks for, without which it has nothing to say. */
  readonly containerIds: readonly string[]
  /** What it puts on the roll; absent for a daemon. */
  readonly provider?: Provider
}

export interface FaultFleet {
  readonly daemons: readonly Host[]
  /** Everyone who answers the roll call, the watcher among them: it answers for nginx. */
  readonly instances: readonly Host[]
  readonly network: string
  /** Of all that runs. */
  readonly containerIds: readonly string[]
  /** Addresses of the network that nobody has: the last number of each. */
  freeAddress(last: number): string
  /** Does nothing but see when containers are not let run: see stall-probe.ts. */
  readonly probe: Container
  /** Files of keys, for those outside. */
  readonly keys: { readonly client: string; readonly web: string }
  /** Sets the time of day of a daemon so far off. */
  setClock(daemon: string, offsetMs: number): Promise<void>
  host(name: string): Host
  container(host: Host): Container
  /** Is removed with the fleet, if nobody has before. */
  adopt(container: Container): void
  /** A volume of the fleet by its name in compose.yaml. */
  volume(name: string): string
  /** Everyone is on the roll of every daemon, and nobody else is. */
  untilWhole(): Promise<void>
  close(): Promise<void>
}

export interface FleetSize {
  readonly answers: number
  readonly webs: number
}

const files = ['compose.yaml', 'test/faults/docker/compose.faults.yaml']
/** Debian's package faketime: it is taken into the containers, which are of the same release. */
const faketimePath = `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/faketime/libfaketime.so.1`
/** The last number of the address of the first of each. */
const firstOf = Object.freeze({ answer: 20, web: 40 })

/** How the instances of each name are spoken to. */
export const askedServices = Object.freeze({ answer: 'tls+tcp', web: 'http', nginx: 'http', redis: 'redis' })

const daemonPlaces = [
  ['discovery-1', 11],
  ['discovery-2', 12],
] as const

export const daemonNames = daemonPlaces.map(([name]) => name)

export function instanceNames({ answers, webs }: FleetSize): readonly string[] {
  const numbered = (service: string, count: number) => Array.from({ length: count }, (_, at) => `${service}-${at + 1}`)
  return [...numbered('answer', answers), ...numbered('web', webs), 'watcher', 'redis']
}

export async function openFaultFleet({ answers, webs }: FleetSize): Promise<FaultFleet> {
  if (!existsSync(faketimePath)) throw new Error(`there is no ${faketimePath}: it is in Debian's package faketime`)
  await provideImages()
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-faults-'))
  const project = `rollcall-faults-${process.pid}`
  const prefix = `10.213.${process.pid % 250}`
  const env = {
    ROLLCALL_HTTP: String(await findFreePort()),
    ROLLCALL_HTTP_2: String(await findFreePort()),
    ROLLCALL_DNS: '0',
    ROLLCALL_DNS_2: '0',
    FAULTS_NETWORK: prefix,
    FAULTS_CLOCKS: folder,
    FAULTS_FAKETIME: faketimePath,
    FAULTS_ANSWERS: String(answers),
    FAULTS_WEBS: String(webs),
    FAULTS_PROBE: containerProbe,
  }
  const compose = (...args: readonly string[]) =>
    runCompose(project, env, [...files.flatMap((file) => ['-f', file]), ...args])
  const network = `${project}_default`
  const adopted: Container[] = []
  const close = async () => {
    // Whoever was removed is not there any more.
    for (const container of adopted) await container.remove({ force: true }).catch(() => undefined)
    await compose('down', '--timeout=0', '--volumes', '--remove-orphans')
    await removeRules()
    await rm(folder, { recursive: true, force: true })
  }

  const find = (service: string, number?: number) => findContainer(project, service, number)
  async function setClock(daemon: string, offsetMs: number): Promise<void> {
    const offsetS = Math.round(offsetMs / 1_000)
    await writeFile(join(folder, daemon, 'offset'), `${offsetS < 0 ? '' : '+'}${offsetS}s\n`)
  }
  async function takeKeys(service: string): Promise<string> {
    const { stdout } = await execute(await find(service), ['cat', `/keys/${service}/keyring`])
    const path = join(folder, `${service}.key`)
    await writeFile(path, stdout, { mode: 0o600 })
    return path
  }
  async function openDaemon(name: string, last: number): Promise<Host> {
    return { name, address: `${prefix}.${last}`, containerIds: [(await find(name)).id] }
  }
  async function openReplica(service: 'answer' | 'web', number: number): Promise<Host> {
    const [name, host] = [`${service}-${number}`, `${prefix}.${firstOf[service] + number - 1}`]
    const port = service === 'answer' ? 9_000 : 8_080
    const provider = { service, id: name, address: `${askedServices[service]}://${host}:${port}` }
    return { name, address: host, containerIds: [(await find(service, number)).id], provider }
  }
  /** Their ids are for themselves to choose. */
  async function openForeign(): Promise<readonly Host[]> {
    const [nginx, redis] = [`http://${prefix}.14:80`, `redis://${prefix}.15:6379`]
    const idOf = (service: string, address: string) =>
      until(
        `${service} to be on the roll`,
        async () => (await readAlive(`${prefix}.11`, [service])).get(address) ?? '',
        (id) => id !== '',
      )
    return [
      {
        name: 'watcher',
        address: `${prefix}.13`,
        containerIds: [(await find('watcher')).id, (await find('nginx')).id],
        provider: { service: 'nginx', id: await idOf('nginx', nginx), address: nginx },
      },
      {
        name: 'redis',
        address: `${prefix}.15`,
        containerIds: [(await find('redis')).id],
        provider: { service: 'redis', id: await idOf('redis', redis), address: redis },
      },
    ]
  }

  for (const [name] of daemonPlaces) {
    await mkdir(join(folder, name))
    await setClock(name, 0)
  }
  try {
    await compose('up', '--detach', '--build', '--quiet-pull')
    const daemons = await Promise.all(daemonPlaces.map(([name, last]) => openDaemon(name, last)))
    const replicas = await Promise.all([
      ...Array.from({ length: answers }, (_, at) => openReplica('answer', at + 1)),
      ...Array.from({ length: webs }, (_, at) => openReplica('web', at + 1)),
    ])
    await Promise.all(replicas.map((host) => giveAddress(network, host)))
    const instances = [...replicas, ...(await openForeign())]
    const hosts = new Map([...daemons, ...instances].map((host) => [host.name, host]))
    const container = ({ containerIds: [own = ''] }: Host) => docker.getContainer(own)
    const fleet: FaultFleet = {
      daemons,
      instances,
      network,
      containerIds: [...hosts.values()].flatMap(({ containerIds }) => containerIds),
      freeAddress: (last) => `${prefix}.${last}`,
      probe: await find('client'),
      keys: { client: await takeKeys('client'), web: await takeKeys('web') },
      setClock,
      host(name) {
        const host = hosts.get(name)
        if (!host) throw new Error(`there is no host ${name}`)
        return host
      },
      container,
      adopt: (twin) => void adopted.push(twin),
      volume: (name) => `${project}_${name}`,
      async untilWhole() {
        const expected = instances.map(({ provider }) => provider?.address ?? '').toSorted()
        for (const { name, address } of daemons)
          await until(
            `the roll of ${name} to be ${expected.join(', ')}`,
            async () => [...(await readAlive(address, Object.keys(askedServices))).keys()].toSorted(),
            (found) => JSON.stringify(found) === JSON.stringify(expected),
          )
      },
      close,
    }
    await fleet.untilWhole()
    return fleet
  } catch (error) {
    await close()
    throw error
  }
}

/** What connects a host to the network, at the address that it keeps. */
export function endpointOf({ name, address, provider }: Pick<Host, 'name' | 'address' | 'provider'>) {
  const alias = provider ? (name === 'watcher' ? name : provider.service) : 'discovery'
  return { IPAMConfig: { IPv4Address: address }, Aliases: [alias] }
}

/** Docker keeps an address that was asked for, whatever happens to the container; one that it chose may be another's at the next start. */
async function giveAddress(network: string, host: Host): Promise<void> {
  const [id = ''] = host.containerIds
  const joined = docker.getNetwork(network)
  await joined.disconnect({ Container: id, Force: true })
  await joined.connect({ Container: id, EndpointConfig: endpointOf(host) })
  // So that it is called by its number from the beginning, and dials from where it is.
  await docker.getContainer(id).restart({ t: 0 })
}
