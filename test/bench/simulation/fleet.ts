// The parties of one simulation, put together by the shape of its scene: daemons and the instances that they ask, or a daemon, its relays
// and theirs.

import type { Network } from './network.ts'
import type { Findings } from './findings.ts'
import type { FullScene } from './simulate.ts'
import type { StandingChange } from './standing.ts'
import type { World } from './world.ts'
import { Asker } from './asker.ts'
import { Processor } from './processor.ts'
import { Relays } from './relays.ts'
import { Instances } from './respondents.ts'

export interface FleetOptions {
  readonly scene: FullScene
  readonly world: World
  readonly network: Network
  readonly random: () => number
  readonly findings: Findings
}

export interface Fleet {
  readonly daemons: readonly Party[]
  readonly hasRelays: boolean
  /** Instances that somebody hands out and that are simulated in full, once for each daemon. */
  readonly observed: number
  /** Of end(), once for each daemon. */
  readonly victims: number
  /** The next instance that has not ended yet. */
  end(victim: number, how: 'hangs' | 'is killed', atMs: number): void
  look(): Look
}

interface Party {
  readonly asker: Asker
  readonly core: Processor
}

/** Of the first daemon and the first relay, and all messages. */
interface Look {
  readonly cpuMs: number
  readonly relayCpuMs: number
  readonly instanceCpuMs: number
  readonly messages: number
  readonly bytes: number
  readonly allMessages: number
}

/** 10 Gbit/s. */
const bytesPerMs = 1_250_000
const fullRelays = 4
/** Of an instance, beside those that are simulated: a deployment a day, with some restarts. */
const changesPerHour = 0.1

export function openFleet(options: FleetOptions): Fleet {
  return options.scene.shape.kind === 'flat' ? openFlat(options) : openTree(options)
}

function openFlat({ scene, world, network, random, findings }: FleetOptions): Fleet {
  const { costs, instances: count, intervalMs, shape } = scene
  const many = shape.kind === 'flat' ? shape.daemons : 1
  const instances = new Instances({ ...scene, count, random })
  const daemons = Array.from({ length: many }, (_, daemon): Party => {
    const core = new Processor()
    const startsAtMs = (daemon * intervalMs) / many
    const onChange = (index: number, change: StandingChange, nowMs: number) =>
      findings.tell(`${daemon} ${index}`, change, nowMs)
    const asker = new Asker({
      world,
      network,
      costs,
      core,
      bytesPerMs,
      startsAtMs,
      intervalMs,
      onChange,
      respondents: instances,
    })
    return { core, asker }
  })
  let victims = 0
  return {
    daemons,
    hasRelays: false,
    observed: count * many,
    get victims() {
      return victims
    },
    end(victim, how, atMs) {
      const index = spreadOver(count, victim)
      instances.endAt(index, atMs)
      for (const [daemon, { asker }] of daemons.entries()) {
        victims += 1
        findings.expect(`${daemon} ${index}`, atMs, how === 'is killed')
        if (how === 'is killed') asker.closeAt(index, atMs)
      }
    },
    look: () => ({ ...lookAt(daemons, [], 0), instanceCpuMs: instances.busyMs }),
  }
}

function openTree({ scene, world, network, random, findings }: FleetOptions): Fleet {
  const { costs, instances, intervalMs, shape } = scene
  if (shape.kind === 'flat') throw new Error('no tree')
  const perRelay = Math.min(shape.perRelay, instances)
  /** What a relay knows and the daemon does not yet. */
  const untold: { readonly key: string; readonly change: StandingChange; readonly atMs: number }[][] = []
  const relays = new Relays({
    world,
    network,
    costs,
    instances,
    perRelay,
    says: shape.kind,
    sampled: fullRelays,
    changesPerHour,
    perCore: scene.perCore,
    silenceRate: scene.silenceRate,
    bytesPerMs,
    intervalMs,
    random,
    onChange(relay, index, change, nowMs) {
      ;(untold[relay] ??= []).push({ key: `${relay} ${index}`, change, atMs: nowMs })
      daemon.asker.hintAt(relay, nowMs)
    },
  })
  const core = new Processor()
  const daemon: Party = {
    core,
    asker: new Asker({
      world,
      network,
      costs,
      core,
      bytesPerMs,
      intervalMs,
      startsAtMs: 0,
      respondents: relays,
      onHeard(relay, answer, nowMs) {
        const told = untold[relay]?.filter(({ atMs }) => atMs <= answer.atMs) ?? []
        if (told.length > 0) untold[relay] = untold[relay]?.slice(told.length) ?? []
        for (const { key, change } of told) findings.tell(key, change, nowMs)
      },
    }),
  }
  let victims = 0
  return {
    daemons: [daemon],
    hasRelays: true,
    observed: relays.full.length * perRelay,
    get victims() {
      return victims
    },
    end(victim, how, atMs) {
      const relay = victim % relays.full.length
      const index = spreadOver(perRelay, Math.floor(victim / relays.full.length))
      const full = relays.full[relay]
      full?.instances.endAt(index, atMs)
      if (how === 'is killed') full?.asker.closeAt(index, atMs)
      victims += 1
      findings.expect(`${relay} ${index}`, atMs, how === 'is killed')
    },
    look: () => ({ ...lookAt([daemon], relays.full, relays.count), instanceCpuMs: 0 }),
  }
}

/** Not neighbours: who is asked first in a round is heard first. */
function spreadOver(count: number, victim: number): number {
  return Math.floor((victim * 0.618_033_988_75 * count) % count)
}

function lookAt(daemons: readonly Party[], relays: readonly Party[], relayCount: number): Omit<Look, 'instanceCpuMs'> {
  const messagesOf = ({ asker }: Party) => asker.counts.questions + asker.counts.answers
  const sum = (parties: readonly Party[]) => parties.reduce((total, party) => total + messagesOf(party), 0)
  const [daemon] = daemons
  return {
    cpuMs: daemon?.core.busyMs ?? 0,
    relayCpuMs: relays[0]?.core.busyMs ?? 0,
    messages: daemon ? messagesOf(daemon) : 0,
    bytes: daemon?.asker.counts.bytes ?? 0,
    allMessages: sum(daemons) + (relays.length > 0 ? (sum(relays) / relays.length) * relayCount : 0),
  }
}
