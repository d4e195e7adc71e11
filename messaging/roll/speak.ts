// Speaking for others: one process that answers the roll call for programs that cannot, as the watcher of a Docker engine does. Each
// line goes over a connection whose key allows its name and no more than it must; who speaks stands in every line (`by`).

import type { PresharedKey, Engine } from '../sp/engine.ts'
import type { Clock } from '../sp/clock.ts'
import type { Errand } from '../keys/keyring.ts'
import type { OpenKeyring } from '../keys/open-keyring.ts'
import type { ProviderStatus } from './answer.ts'
import type { DaemonPlan } from './daemon-places.ts'
import type { JoinLog } from './join-options.ts'
import type { OwnLine } from './own-line.ts'
import type { Environment } from './read-environment.ts'
import type { LineHandle } from './speaker.ts'
import { openKeyring } from '../keys/open-keyring.ts'
import { systemClock } from '../sp/clock.ts'
import { RollcallError } from '../sp/error.ts'
import { openEngine } from '../sp/index.ts'
import { planDaemons } from './daemon-places.ts'
import { readOwnLine } from './own-line.ts'
import { readServiceEnvironment } from './service-environment.ts'
import { Speaker } from './speaker.ts'

/** A provider that somebody else speaks for. */
export interface SpokenFor {
  readonly service: string
  readonly id: string
  readonly protocol: string
  /** Empty: that of the speaker, as each daemon sees it. */
  readonly host: string
  readonly port: number
  readonly zone?: string
  readonly version?: string
  readonly weight?: number
  readonly tags?: readonly string[]
  readonly meta?: Readonly<Record<string, string>>
  readonly status?: ProviderStatus
  /** Another one for each start of the program: tells a restart from a second speaker. */
  readonly boot?: string
}

export interface SpeakOptions {
  /** The id of this process: it stands in every line, and a hint may name it. */
  readonly by: string
  /** Where variables are read from, `process.env` in a main.ts. Default: nowhere. */
  readonly env?: Environment
  /** Silent by default. */
  readonly log?: JoinLog
  /** `host`, `host:port`, or a whole SP address. Default: DISCOVERY_HOST. */
  readonly discovery?: readonly string[]
  /** False: what is spoken for cannot be known now; questions stay without an answer until it is true again. Default: always true. */
  readonly isKnowing?: () => boolean
  /** Default: that of ROLLCALL_KEY or ROLLCALL_KEYRING; without one the fleet is open. */
  readonly keyring?: OpenKeyring
  /** Default: the one that ROLLCALL_ENGINE names, closed with this. One that is given is its owner's to close. */
  readonly engine?: Engine
  readonly clock?: Clock
}

export interface Speaking {
  /** Puts one more provider on the roll. Fails with `NAME_INVALID`, `ANSWER_TOO_LARGE`, `CLOSED`, or `KEY_INVALID` where no key held here allows its name. */
  say(provider: SpokenFor): SpeakingHandle
  /** Reads the file of ROLLCALL_KEYRING once more; pipes whose key has gone are closed. */
  rereadKeys(): void
  /** Tells every daemon that all of them are gone, at most 200 ms long, then closes. Idempotent. */
  leave(): Promise<void>
  /** Closes at once: a new speaker may take over within the grace of the daemons. Idempotent. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export interface SpeakingHandle {
  /** Says something else of it. Its service stays; fails as say() does. */
  update(provider: SpokenFor): void
  remove(): void
}

const silent: JoinLog = Object.freeze({ debug() {}, info() {}, warn() {} })

/** Connects to nobody before there is something to say. Fails with `ENVIRONMENT_INVALID`, `KEY_INVALID`, `ADDRESS_INVALID` or `ENGINE_MISSING`. */
export async function speak(options: SpeakOptions): Promise<Speaking> {
  const { env = {}, log = silent, clock = systemClock } = options
  const { values } = readServiceEnvironment(env, { required: options.discovery ? [] : ['DISCOVERY_HOST'], log })
  const keyring = options.keyring ?? openKeyring({ key: values.ROLLCALL_KEY, path: values.ROLLCALL_KEYRING }, log)
  const daemons = planDaemons(options.discovery, values, keyring ? 'tls+tcp' : 'tcp')
  const engine = options.engine ?? (await openEngine(values.ROLLCALL_ENGINE))
  return new OpenSpeaking({
    ...options,
    log,
    clock,
    daemons,
    engine,
    keyring,
    isOwnEngine: options.engine === undefined,
  })
}

type Plan = Pick<SpeakOptions, 'by' | 'isKnowing'> & {
  readonly log: JoinLog
  readonly clock: Clock
  readonly daemons: DaemonPlan
  readonly engine: Engine
  readonly isOwnEngine: boolean
  readonly keyring: OpenKeyring | undefined
}

/** The connections of one key. It is opened with its first line, since a daemon asks whoever connects at once, and ends with its last. */
interface Voice {
  readonly speaker: Speaker
  readonly stopGuard: (() => void) | undefined
  lines: number
}

class OpenSpeaking implements Speaking {
  readonly #plan: Plan
  /** By the identity of the key; without keys there is one. */
  readonly #voices = new Map<string, Voice>()
  readonly #ending = new Set<Promise<void>>()
  #closing: Promise<void> | undefined

  constructor(plan: Plan) {
    this.#plan = plan
  }

  say(provider: SpokenFor): SpeakingHandle {
    if (this.#closing) throw new RollcallError('CLOSED', 'this program speaks for nobody any more')
    const line = this.#read(provider)
    const identity = this.#identityFor(line.service)
    const voice = this.#voices.get(identity) ?? this.#openVoice(identity, line.service)
    const handle = voice.speaker.add(line)
    voice.lines += 1
    return this.#handle(voice, identity, line.service, handle)
  }

  rereadKeys(): void {
    this.#plan.keyring?.reread()
  }

  leave(): Promise<void> {
    return (this.#closing ??= this.#end((speaker) => speaker.leave()))
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#end((speaker) => speaker.close()))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #read(provider: SpokenFor): OwnLine {
    return readOwnLine({ ...provider, by: this.#plan.by })
  }

  #handle(voice: Voice, identity: string, service: string, handle: LineHandle): SpeakingHandle {
    let isRemoved = false
    return {
      update: (provider) => {
        const line = this.#read(provider)
        if (line.service !== service)
          throw new RollcallError('NAME_INVALID', `${service} stays the service of its line`)
        handle.update(line)
      },
      remove: () => {
        if (isRemoved) return
        isRemoved = true
        voice.lines -= 1
        if (voice.lines > 0) return handle.remove()
        this.#voices.delete(identity)
        const ended = this.#endVoice(voice, (speaker) => speaker.leave()).finally(() => this.#ending.delete(ended))
        this.#ending.add(ended)
      },
    }
  }

  /** The widest key that is for speaking alone carries all names over one connection; else each name has its own. */
  #speakFor(service: string): { readonly errand: Errand; readonly key: PresharedKey } | undefined {
    const { keyring } = this.#plan
    for (const errand of [{ answerForAllOf: '*' }, { answerForAllOf: service }, { answerFor: service }]) {
      const key = keyring?.speakFor(errand)
      if (key) return { errand, key }
    }
    return undefined
  }

  #identityFor(service: string): string {
    if (!this.#plan.keyring) return ''
    const found = this.#speakFor(service)
    if (found) return found.key.identity
    const message = `no key here may put ${service} on the roll: one of purpose roll, or roll:${service}, is needed`
    throw new RollcallError('KEY_INVALID', message)
  }

  #openVoice(identity: string, service: string): Voice {
    const { engine, clock, log, daemons, keyring, isKnowing } = this.#plan
    const errand = this.#speakFor(service)?.errand
    const speaker = new Speaker({
      engine,
      clock,
      log,
      addresses: daemons.addresses,
      places: daemons.places,
      dial: keyring && errand ? { credentials: keyring.dialCredentials(errand) } : {},
      load: undefined,
      inflight: undefined,
      ...(isKnowing && { isKnowing }),
    })
    const voice = { speaker, stopGuard: keyring?.guard(...speaker.sockets), lines: 0 }
    this.#voices.set(identity, voice)
    return voice
  }

  async #endVoice({ speaker, stopGuard }: Voice, end: (speaker: Speaker) => Promise<void>): Promise<void> {
    await end(speaker)
    stopGuard?.()
  }

  async #end(end: (speaker: Speaker) => Promise<void>): Promise<void> {
    await Promise.all([...this.#ending, ...[...this.#voices.values()].map((voice) => this.#endVoice(voice, end))])
    if (this.#plan.isOwnEngine) await this.#plan.engine.close()
  }
}
