// Being on the roll as a service: what is told of this program, from the environment and beside it, spoken to every daemon until it
// leaves. What the program does for its callers is its own business.

import type { OpenKeyring } from '../keys/open-keyring.ts'
import type { Engine } from '../sp/engine.ts'
import type { JoinLog, JoinOptions, JoinPlan, Update } from './join-options.ts'
import type { LineHandle, SpeakerCounts } from './speaker.ts'
import { systemClock } from '../sp/clock.ts'
import { openEngine } from '../sp/index.ts'
import { planJoin, updateProvider } from './join-options.ts'
import { createLoadGauge } from './load.ts'
import { Speaker } from './speaker.ts'

export type MembershipCounts = SpeakerCounts

export interface Membership {
  readonly service: string
  readonly id: string
  /** Daemons connected now; undefined on an engine that cannot count them. */
  readonly daemons: number | undefined
  counts(): MembershipCounts
  /** Changes what is told of this program, and hints at it. Fails with `NAME_INVALID`, `ANSWER_TOO_LARGE` or `CLOSED`. */
  update(update: Update): void
  /** Reads the file of ROLLCALL_KEYRING once more, for a program that is told to by SIGHUP; pipes whose key has gone are closed. */
  rereadKeys(): void
  /** Tells every daemon that this program is no longer here, at most 200 ms long, then closes. Idempotent. */
  leave(): Promise<void>
  /** Closes at once; the daemons see a connection that ended. Idempotent. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const silent: JoinLog = Object.freeze({ debug() {}, info() {}, warn() {} })

/** Puts this program on the roll. Does not wait for a daemon: those that are there are told at once, others when they come.
 * Fails with `ENVIRONMENT_INVALID`, `NAME_INVALID`, `ADDRESS_INVALID`, `ANSWER_TOO_LARGE` or `ENGINE_MISSING`. */
export async function join(options: JoinOptions = {}): Promise<Membership> {
  const plan = planJoin(options)
  const engine = options.engine ?? (await openEngine(plan.engineName))
  try {
    return new OpenMembership(plan, engine, options)
  } catch (error) {
    if (!options.engine) await engine.close()
    throw error
  }
}

class OpenMembership implements Membership {
  readonly service: string
  readonly id: string
  readonly #engine: Engine
  readonly #isOwnEngine: boolean
  readonly #speaker: Speaker
  readonly #line: LineHandle
  readonly #keyring: OpenKeyring | undefined
  readonly #stopGuard: (() => void) | undefined
  #provider: JoinPlan['provider']

  constructor({ provider, addresses, places, dial, keyring }: JoinPlan, engine: Engine, options: JoinOptions) {
    this.#provider = provider
    this.service = provider.service
    this.id = provider.id
    this.#engine = engine
    this.#isOwnEngine = options.engine === undefined
    const clock = options.clock ?? systemClock
    this.#speaker = new Speaker({
      engine,
      clock,
      log: options.log ?? silent,
      addresses,
      places,
      dial,
      load: options.load ?? createLoadGauge(clock),
      inflight: options.inflight,
    })
    this.#line = this.#speaker.add(provider)
    this.#keyring = keyring
    this.#stopGuard = keyring?.guard(...this.#speaker.sockets)
  }

  get daemons(): number | undefined {
    return this.#speaker.daemons
  }

  counts(): MembershipCounts {
    return this.#speaker.counts()
  }

  update(update: Update): void {
    const provider = updateProvider(this.#provider, update)
    this.#line.update(provider)
    this.#provider = provider
  }

  rereadKeys(): void {
    this.#keyring?.reread()
  }

  async leave(): Promise<void> {
    await this.#speaker.leave()
    this.#stopGuard?.()
    if (this.#isOwnEngine) await this.#engine.close()
  }

  async close(): Promise<void> {
    this.#stopGuard?.()
    await this.#speaker.close()
    if (this.#isOwnEngine) await this.#engine.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
