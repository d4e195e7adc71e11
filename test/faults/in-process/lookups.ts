// Who asks a simulated fleet: any door, any daemon, any name, over and over; every second everyone of each name, and how each daemon says that it
// is; and many draws in a row at the end.

import type { Requester } from '../../../messaging/sp/engine.ts'
import type { FollowedName } from '../../../messaging/roll/follow/roll-follower.ts'
import type { HistoryRecord, LookupAnswer, LookupRecord } from '../history.ts'
import type { Random } from '../random.ts'
import type { SimDaemon } from './sim-daemon.ts'
import type { SimHost } from './sim-host.ts'
import { RollFollower } from '../../../messaging/roll/follow/roll-follower.ts'
import { readChoice, readFollowed } from '../door-answers.ts'
import { pick } from '../random.ts'
import {
  askHealth,
  listOverHttp,
  resolveOverConsul,
  resolveOverDns,
  resolveOverHttp,
  resolveOverSp,
} from './door-clients.ts'

export interface LookupsOptions {
  /** Where the clients of SP run. */
  readonly host: SimHost
  readonly daemons: readonly string[]
  readonly services: readonly string[]
  readonly add: (record: HistoryRecord) => void
  readonly nowMs: () => number
  readonly random: Random
  /** Undefined while it does not run. */
  readonly running: (daemon: string) => SimDaemon | undefined
}

const doors = ['http', 'dns', 'sp', 'consul', 'follow'] as const
/** The first of the names have instances all the time, and are asked for more often than the rest. */
const residentServices = 3
const rareShare = 0.1
/** More than uniform-choice asks for. */
const drawsInARow = 11_000

const notRunning: LookupAnswer = { outcome: 'FAILED', reason: 'not running' }

export class Lookups {
  readonly #options: LookupsOptions
  readonly #requester: Requester
  readonly #follower: RollFollower
  readonly #followed = new Map<string, FollowedName>()

  constructor(options: LookupsOptions) {
    this.#options = options
    const { host, daemons, services, random } = options
    this.#requester = host.engine.createRequester()
    const addresses = daemons.map((daemon) => `sim://${daemon}:1`)
    for (const address of addresses) host.engine.dial(address, this.#requester)
    this.#follower = new RollFollower({ engine: host.engine, clock: host.clock, random, addresses, dial: {} })
    for (const service of services) this.#followed.set(service, this.#follower.name(service))
  }

  /** One question of a random kind. What goes over the network is recorded when it is answered. */
  async askOne(): Promise<void> {
    const { daemons, services, random } = this.#options
    const door = pick(doors, random)
    const daemon = pick(daemons, random)
    const service = pick(random() < rareShare ? services : services.slice(0, residentServices), random)
    if (door === 'follow')
      this.#add({ door, service, asked: 'resolve' }, readChoice(this.#followed.get(service)?.draw()))
    else if (door === 'sp') this.#resolveOverSp(daemon, service)
    else this.#add({ door, daemon, service, asked: 'resolve' }, await this.#resolve(door, daemon, service))
  }

  async listAll(): Promise<void> {
    const { daemons, services } = this.#options
    for (const daemon of daemons) {
      let roundTripMs = 0
      let dateMs: number | undefined
      for (const service of services) {
        const running = this.#options.running(daemon)
        const listed = running ? await listOverHttp(running, service) : undefined
        this.#add({ door: 'http', daemon, service, asked: 'list' }, listed?.answer ?? notRunning)
        roundTripMs = Math.max(roundTripMs, listed?.roundTripMs ?? 0)
        dateMs ??= listed?.dateMs
      }
      await this.#addHealth(daemon, roundTripMs, dateMs)
    }
    for (const [service, { isKnown, instances }] of this.#followed) {
      const answer = readFollowed(isKnown ? instances : undefined)
      this.#add({ door: 'follow', service, asked: 'list', client: 'follower' }, answer)
    }
  }

  drawMany(): void {
    const { daemons, services, running } = this.#options
    for (const service of services) {
      for (const daemon of daemons) {
        const reader = running(daemon)?.reader
        const draw = () => reader?.lookup(service)
        if (reader) this.#addDraws({ door: 'http', daemon, service }, draw)
      }
      this.#addDraws({ door: 'follow', service }, () => this.#followed.get(service)?.draw())
    }
  }

  close(): void {
    void this.#follower.close()
  }

  async #resolve(door: 'http' | 'dns' | 'consul', daemon: string, service: string): Promise<LookupAnswer> {
    const running = this.#options.running(daemon)
    if (!running) return notRunning
    if (door === 'dns') return resolveOverDns(running, service)
    return door === 'http' ? resolveOverHttp(running, service) : resolveOverConsul(running, service)
  }

  #resolveOverSp(daemon: string, service: string): void {
    const asked = { door: 'sp', daemon, service, asked: 'resolve', fromMs: this.#options.nowMs() } as const
    const pipe = [...this.#requester.pipes].find(({ remote }) => remote?.host === daemon)
    if (!pipe) return this.#add(asked, notRunning)
    void resolveOverSp(this.#requester, pipe, service).then((answer) => this.#add(asked, answer))
  }

  async #addHealth(daemon: string, roundTripMs: number, dateMs: number | undefined): Promise<void> {
    const { add, nowMs, running } = this.#options
    const asked = running(daemon)
    if (!asked) return
    const health = await askHealth(asked)
    const date = dateMs === undefined ? {} : { dateLessRunMs: dateMs - nowMs() }
    add({ type: 'health', atMs: nowMs(), daemon, ...health, roundTripMs, ...date })
  }

  #add(asked: Pick<LookupRecord, 'door' | 'service' | 'asked'> & Partial<LookupRecord>, answer: LookupAnswer): void {
    const atMs = this.#options.nowMs()
    this.#options.add({ type: 'lookup', client: 'client', fromMs: atMs, ...asked, atMs, answer })
  }

  #addDraws(
    where: Pick<LookupRecord, 'door' | 'service'> & { readonly daemon?: string },
    draw: () => { readonly outcome: string; readonly instance?: { readonly address: string } } | undefined,
  ): void {
    const counts: Record<string, number> = {}
    for (let n = 0; n < drawsInARow; n += 1) {
      const address = draw()?.instance?.address
      if (address !== undefined) counts[address] = (counts[address] ?? 0) + 1
    }
    const atMs = this.#options.nowMs()
    this.#options.add({ type: 'draws', ...where, fromMs: atMs, atMs, counts })
  }
}
