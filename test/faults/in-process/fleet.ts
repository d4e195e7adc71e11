// A fleet in this process: daemons and instances on a simulated network, each with its real code, and what is done to them. Records when each lives
// and what is done; leaves who asks and watches to others.

import type { FakeClock } from '../../fixtures/fake-clock.ts'
import type { SimNetwork } from '../../fixtures/sim-network.ts'
import type { HistoryRecord, LifeRecord, RunSettings } from '../history.ts'
import type { Random } from '../random.ts'
import type { PlannedFault } from '../schedule.ts'
import type { Breakage, SimDaemon } from './sim-daemon.ts'
import type { SimInstance, SimProvider } from './sim-instance.ts'
import type { Watchers } from './watchers.ts'
import { createRandom } from '../random.ts'
import { openSimDaemon } from './sim-daemon.ts'
import { SimHost } from './sim-host.ts'
import { openSimInstance } from './sim-instance.ts'

export interface FleetOptions {
  readonly seed: number
  readonly clock: FakeClock
  readonly network: SimNetwork
  readonly settings: RunSettings
  readonly breakage: Breakage
  readonly add: (record: HistoryRecord) => void
  readonly watchers: Watchers
}

interface Impairment {
  readonly lossPercent: number
  readonly delayMs: number
}

export const daemonNames = ['d1', 'd2'] as const

/** Who is on the roll from the beginning. One name has one instance, one is told by programs that know no ids. */
const residents: readonly Pick<SimProvider, 'service' | 'isForeign'>[] = [
  ...Array.from({ length: 4 }, () => ({ service: 'web', isForeign: false })),
  ...Array.from({ length: 3 }, () => ({ service: 'answer', isForeign: true })),
  { service: 'solo', isForeign: false },
]

export const residentNames = residents.map(({ service }, at) => {
  const before = residents.slice(0, at).filter((other) => other.service === service).length
  return `${service}-${before + 1}`
})

/** Every name that is asked for: one comes with the crowd, one with nobody but a forger. */
export const askedServices = ['web', 'answer', 'solo', 'crowd', 'ghost'] as const

const memberKey = '*/0123456789ab/member'
const callKey = '*/0123456789ab/call'
/** May answer for another name than those that it answers for. */
const strangerKey = '*/0123456789ab/roll:stranger'
/** TCP's first wait before it sends again; each further one is twice as long. */
const resendMs = 200

export class Fleet {
  readonly daemons = new Map<string, SimDaemon>()
  readonly #options: FleetOptions
  readonly #random: Random
  readonly #instances = new Map<string, SimInstance>()
  readonly #residents = new Map<string, SimProvider>()
  readonly #identities = new Map<string, string>()
  readonly #impaired = new Map<string, Impairment>()
  readonly #disconnected = new Set<string>()
  #boots = 0
  #faults = 0
  #newcomers = 0

  constructor(options: FleetOptions) {
    this.#options = options
    this.#random = createRandom(options.seed, 'fleet')
    const { network } = options
    network.identityOf = (host) => this.#identities.get(host) ?? callKey
    network.extraDelayMs = (from, to) => {
      const isLost = this.#disconnected.has(from) || this.#disconnected.has(to)
      return isLost ? Infinity : this.#extraDelayMs(from) + this.#extraDelayMs(to)
    }
    residentNames.forEach((name, at) => {
      const { service = '', isForeign = false } = residents[at] ?? {}
      const ip = `10.1.0.${at + 1}`
      this.#residents.set(name, {
        service,
        isForeign,
        ip,
        id: isForeign ? `tcp://${ip}:80` : name,
        identity: memberKey,
      })
    })
  }

  async start(): Promise<void> {
    for (const name of daemonNames) {
      await this.#startDaemon(name)
      await this.#options.clock.advanceAsync(Math.floor(this.#random() * 500))
    }
    for (const [name, provider] of this.#residents) this.#startInstance(name, provider)
  }

  /** Those that run now and are not paused. */
  running(name: string): SimDaemon | undefined {
    const daemon = this.daemons.get(name)
    return daemon?.host.isRunning ? daemon : undefined
  }

  /** Does it, and gives back how it ends. */
  async begin(fault: PlannedFault): Promise<() => Promise<void>> {
    this.#faults += 1
    const { kind, hosts, amount } = fault
    const number = this.#faults
    const tell = (phase: 'beginning' | 'begun' | 'ending' | 'ended') => {
      const atMs = this.#options.clock.nowMs()
      this.#options.add({ type: 'fault', atMs, fault: number, kind, phase, hosts: [...hosts], amount })
    }
    tell('beginning')
    const end = await this.#apply(fault)
    tell('begun')
    return async () => {
      tell('ending')
      await end()
      tell('ended')
    }
  }

  async close(): Promise<void> {
    for (const name of this.#instances.keys()) this.#killInstance(name)
    for (const name of this.daemons.keys()) await this.#killDaemon(name)
  }

  async #apply(fault: PlannedFault): Promise<() => void | Promise<void>> {
    const { kind, hosts, amount } = fault
    const [first = '', second = ''] = hosts
    const { network } = this.#options
    switch (kind) {
      case 'kill':
        for (const name of hosts) this.#killInstance(name)
        return () => this.#startResidents(hosts)
      case 'daemon-restart':
        await this.#killDaemon(first)
        return () => this.#startDaemon(first)
      case 'engine-restart': {
        for (const name of this.#residents.keys()) this.#killInstance(name)
        for (const name of daemonNames) await this.#killDaemon(name)
        return async () => {
          for (const name of daemonNames) await this.#startDaemon(name)
          this.#startResidents([...this.#residents.keys()])
        }
      }
      case 'pause':
        for (const name of hosts) this.#hostOf(name)?.pause()
        return () => hosts.forEach((name) => this.#hostOf(name)?.resume())
      case 'disconnect':
        network.sever(first)
        this.#disconnected.add(first)
        return () => void this.#disconnected.delete(first)
      case 'one-way':
        network.cut(first, second)
        return () => network.heal(first, second)
      case 'loss':
        return this.#impair(first, { lossPercent: amount, delayMs: 0 })
      case 'delay':
        return this.#impair(first, { lossPercent: 0, delayMs: amount })
      case 'lost-answer':
        network.lose(first, second, 1)
        return () => network.lose(first, second, 0)
      case 'clock-step':
        this.daemons.get(first)?.setDate(amount)
        return () => this.daemons.get(first)?.setDate(0)
      case 'duplicate-id':
        return this.#startTwin(first)
      case 'thundering':
        return this.#startCrowd(amount)
      case 'slow-reader': {
        const daemon = this.running(first)
        return daemon ? this.#options.watchers.openSlow(daemon) : () => {}
      }
      case 'forged-answer':
        break
    }
    return this.#startForger()
  }

  #hostOf(name: string): SimHost | undefined {
    return this.#instances.get(name)?.host ?? this.daemons.get(name)?.host
  }

  #impair(host: string, impairment: Impairment): () => void {
    this.#impaired.set(host, impairment)
    return () => void this.#impaired.delete(host)
  }

  #extraDelayMs(host: string): number {
    const impairment = this.#impaired.get(host)
    if (!impairment) return 0
    let delayMs = impairment.delayMs
    for (let waitMs = resendMs; this.#random() * 100 < impairment.lossPercent; waitMs *= 2) delayMs += waitMs
    return delayMs
  }

  #startTwin(name: string): () => Promise<void> {
    const original = this.#residents.get(name)
    this.#newcomers += 1
    const number = this.#newcomers
    // Who has no id of its own cannot be doubled: another one comes.
    const id = original?.isForeign === false ? original.id : `twin-${number}`
    const service = original?.service ?? 'web'
    const twin = { service, id, ip: `10.2.0.${number}`, identity: memberKey, isForeign: false }
    this.#startInstance(`twin-${number}`, twin)
    return () => this.#leave(`twin-${number}`)
  }

  #startCrowd(size: number): () => void {
    const names = Array.from({ length: size }, (_, at) => `crowd-${at + 1}`)
    names.forEach((name, at) => {
      const ip = `10.3.${at >> 8}.${at & 255}`
      const id = `tcp://${ip}:80`
      this.#startInstance(name, { service: 'crowd', id, ip, identity: memberKey, isForeign: true })
    })
    return () => names.forEach((name) => this.#killInstance(name))
  }

  /** It answers every question, by a key that is for another name. */
  #startForger(): () => void {
    const host = new SimHost('forger', this.#place())
    this.#identities.set('forger', strangerKey)
    const answer = Buffer.from('web|tcp://10.6.0.1:80\nghost|tcp://10.6.0.2:80\nweb|tcp://10.1.0.1:80')
    const respondent = host.engine.createRespondent(() => answer)
    for (const daemon of daemonNames) host.engine.dial(`sim://${daemon}:1`, respondent)
    return () => host.kill()
  }

  #startResidents(names: readonly string[]): void {
    for (const name of names) {
      const provider = this.#residents.get(name)
      if (provider) this.#startInstance(name, provider)
    }
  }

  #startInstance(name: string, provider: SimProvider): void {
    this.#boots += 1
    this.#identities.set(name, provider.identity)
    const instance = openSimInstance(new SimHost(name, this.#place()), provider, daemonNames, `boot-${this.#boots}`)
    this.#instances.set(name, instance)
    this.#tellLife(name, 'starting', instance)
    this.#tellLife(name, 'up', instance)
  }

  #killInstance(name: string): void {
    const instance = this.#instances.get(name)
    if (!instance) return
    this.#instances.delete(name)
    this.#tellLife(name, 'stopping', instance, 'killed')
    instance.host.kill()
    this.#tellLife(name, 'down', instance, 'killed')
  }

  async #leave(name: string): Promise<void> {
    const instance = this.#instances.get(name)
    if (!instance) return
    this.#instances.delete(name)
    this.#tellLife(name, 'stopping', instance, 'left')
    void instance.leave().then(() => {
      this.#tellLife(name, 'down', instance, 'left')
      return instance.host.kill()
    })
  }

  async #startDaemon(name: string): Promise<void> {
    const { settings, breakage } = this.#options
    this.#tellLife(name, 'starting')
    const host = new SimHost(name, this.#place())
    this.daemons.set(name, await openSimDaemon({ host, settings, random: this.#random }, breakage))
    this.#tellLife(name, 'up')
  }

  async #killDaemon(name: string): Promise<void> {
    const daemon = this.daemons.get(name)
    if (!daemon) return
    this.daemons.delete(name)
    this.#options.watchers.lose(daemon)
    this.#tellLife(name, 'stopping', undefined, 'killed')
    await daemon.kill()
    this.#tellLife(name, 'down', undefined, 'killed')
  }

  #place() {
    return { clock: this.#options.clock, network: this.#options.network, random: this.#random }
  }

  #tellLife(host: string, is: LifeRecord['is'], instance?: SimInstance, how?: 'killed' | 'left'): void {
    const provider = instance && {
      service: instance.provider.service,
      id: instance.provider.id,
      address: instance.address,
    }
    const atMs = this.#options.clock.nowMs()
    this.#options.add({ type: 'life', atMs, host, is, ...(provider && { provider }), ...(how && { how }) })
  }
}
