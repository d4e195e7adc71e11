// Being on the roll: a RESPONDENT that dials every daemon and answers `service query` for this program, hints at every
// change, and leaves in order. What the program does for its callers is its own business.

import type { Clock } from '../sp/clock.ts'
import type { Engine, Pipe, QuestionContext, Respondent } from '../sp/engine.ts'
import type { Hints } from './hints.ts'
import type { JoinLog, JoinOptions, JoinPlan, Update } from './join-options.ts'
import { formatHostPort } from '../sp/address.ts'
import { systemClock } from '../sp/clock.ts'
import { RollcallError } from '../sp/error.ts'
import { openEngine } from '../sp/index.ts'
import { formatDynamic, formatLine } from './answer.ts'
import { openHints } from './hints.ts'
import { planJoin, updateProvider } from './join-options.ts'
import { createLoadGauge } from './load.ts'
import { readOwnAddress } from './own-address.ts'

export interface MembershipCounts {
  /** `service query`, answered. */
  readonly questions: number
  /** Anything else that was asked, left without an answer. */
  readonly unknownQuestions: number
  readonly hints: number
  /** Harmless: the next round finds out. */
  readonly failedHints: number
}

export interface Membership {
  readonly service: string
  readonly id: string
  /** Daemons connected now; undefined on an engine that cannot count them. */
  readonly daemons: number | undefined
  counts(): MembershipCounts
  /** Changes what is told of this program, and hints at it. Fails with `NAME_INVALID`, `ANSWER_TOO_LARGE` or `CLOSED`. */
  update(update: Update): void
  /** Tells every daemon that this program is no longer here, at most 200 ms long, then closes. Idempotent. */
  leave(): Promise<void>
  /** Closes at once; the daemons see a connection that ended. Idempotent. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** The question of the article that Rollcall comes from. */
const question = 'service query'
/** DESIGN.md section 5, signal 5. */
const leaveMs = 200
/** Longer than a daemon's interval and a slow name lookup: after this someone should know that nobody asks. */
const unaskedMs = 5_000
/** Between two looks at the own address, on an engine whose pipes do not tell it. */
const ownAddressMs = 5_000

const nothing = Buffer.alloc(0)
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
  readonly #plan: JoinPlan
  readonly #engine: Engine
  readonly #isOwnEngine: boolean
  readonly #clock: Clock
  readonly #log: JoinLog
  readonly #load: () => number
  readonly #inflight: (() => number) | undefined
  readonly #respondent: Respondent
  readonly #hints: Hints | undefined
  /** Static text by the host in it: daemons may see this machine under different addresses. */
  readonly #lines = new Map<string, string>()
  #provider: JoinPlan['provider']
  #ownAddress: { readonly host: Promise<string>; readonly readAtMs: number } | undefined
  #questions = 0
  #unknownQuestions = 0
  #isHintQueued = false
  #askedBy = new WeakSet<Pipe>()
  /** Pipes whose daemon has not been told yet, while leaving. */
  #untold: Set<Pipe> | undefined
  #endTelling: () => void = () => {}
  #stopUnaskedWarning: () => void
  #leaving: Promise<void> | undefined
  #closing: Promise<void> | undefined

  constructor(plan: JoinPlan, engine: Engine, options: JoinOptions) {
    this.#plan = plan
    this.#provider = plan.provider
    this.service = plan.provider.service
    this.id = plan.provider.id
    this.#engine = engine
    this.#isOwnEngine = options.engine === undefined
    this.#clock = options.clock ?? systemClock
    this.#log = options.log ?? silent
    this.#load = options.load ?? createLoadGauge(this.#clock)
    this.#inflight = options.inflight
    this.#respondent = engine.createRespondent((body, context) => this.#answer(body, context), {
      onDetach: (pipe, reason) => this.#detached(pipe, reason),
      onError: (error) => this.#log.warn({ err: error }, 'roll call not answered'),
    })
    for (const address of plan.addresses) engine.dial(address, this.#respondent)
    // Without pipes one daemon alone could be reached, and a daemon on such an engine takes no hints.
    if (engine.features.pipeEvents) this.#hints = openHints(engine, plan.addresses)
    this.#stopUnaskedWarning = this.#clock.after(unaskedMs, () => {
      const { addresses: discovery } = plan
      if (this.#questions === 0) this.#log.warn({ discovery }, 'no discovery daemon has asked yet; still trying')
    })
  }

  get daemons(): number | undefined {
    return this.#engine.features.pipeEvents ? this.#respondent.pipes.size : undefined
  }

  counts(): MembershipCounts {
    const { sent, failed } = this.#hints?.counts() ?? { sent: 0, failed: 0 }
    return {
      questions: this.#questions,
      unknownQuestions: this.#unknownQuestions,
      hints: sent,
      failedHints: failed,
    }
  }

  update(update: Update): void {
    if (this.#leaving || this.#closing) throw new RollcallError('CLOSED', 'this program has left the roll')
    const before = this.#line('')
    this.#provider = updateProvider(this.#provider, update)
    this.#lines.clear()
    if (this.#line('') !== before) this.#hint()
  }

  leave(): Promise<void> {
    this.#leaving ??= this.#leave()
    return this.#leaving
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #leave(): Promise<void> {
    if (this.#closing) return this.#closing
    const untold = new Set(this.#respondent.pipes)
    this.#untold = untold
    // Without pipes nobody can say who is still to be told.
    if (untold.size > 0 || !this.#engine.features.pipeEvents) {
      const told = new Promise<void>((resolve) => {
        const stop = this.#clock.after(leaveMs, resolve)
        this.#endTelling = () => {
          stop()
          resolve()
        }
      })
      void this.#hints?.ask(this.id)
      await told
    }
    this.#log.info({ service: this.service, id: this.id, untold: untold.size }, 'left the roll')
    await this.close()
  }

  async #close(): Promise<void> {
    this.#endTelling()
    this.#stopUnaskedWarning()
    await Promise.all([this.#respondent.close(), this.#hints?.close()])
    if (this.#isOwnEngine) await this.#engine.close()
  }

  #answer(body: Buffer, { pipe }: QuestionContext): Buffer | undefined | Promise<Buffer> {
    // C programs like to send the NUL that ends their string.
    const text = body.toString('latin1', 0, question.length + 1)
    if (body.length > question.length + 1 || (text !== question && text !== `${question}\0`)) {
      this.#unknownQuestions += 1
      return undefined
    }
    this.#questions += 1
    if (this.#untold) return this.#answerLeaving(pipe)
    if (this.#provider.host !== '') return this.#answerFrom(this.#provider.host, pipe)
    if (pipe) return this.#answerFrom(pipe.local?.host ?? '', pipe)
    return this.#readOwnAddress().then((host) => this.#answerFrom(host, pipe))
  }

  #answerFrom(host: string, pipe: Pipe | undefined): Buffer {
    // Leaving may have begun while the own address was looked up.
    if (this.#untold) return this.#answerLeaving(pipe)
    if (pipe && !this.#askedBy.has(pipe)) {
      this.#askedBy.add(pipe)
      this.#log.info({ service: this.service, id: this.id, daemon: placeOf(pipe), host }, 'on the roll')
    }
    const dynamic = { load: this.#load(), inflight: this.#inflight?.() }
    return Buffer.from(this.#line(host) + formatDynamic(dynamic))
  }

  #answerLeaving(pipe: Pipe | undefined): Buffer {
    if (pipe) this.#told(pipe)
    return nothing
  }

  #told(pipe: Pipe): void {
    this.#untold?.delete(pipe)
    if (this.#untold?.size === 0) this.#endTelling()
  }

  #detached(pipe: Pipe, reason: string): void {
    if (this.#untold) return this.#told(pipe)
    if (!this.#closing)
      this.#log.warn({ daemon: placeOf(pipe), reason }, 'connection to a discovery daemon lost; dialling again')
  }

  #line(host: string): string {
    let line = this.#lines.get(host)
    if (line === undefined) {
      line = formatLine({ provider: { ...this.#provider, host } })
      this.#lines.set(host, line)
    }
    return line
  }

  /** Several changes in one turn are one hint. */
  #hint(): void {
    if (this.#isHintQueued) return
    this.#isHintQueued = true
    queueMicrotask(() => {
      this.#isHintQueued = false
      void this.#hints?.ask(this.id)
    })
  }

  #readOwnAddress(): Promise<string> {
    const nowMs = this.#clock.nowMs()
    if (!this.#ownAddress || nowMs - this.#ownAddress.readAtMs >= ownAddressMs)
      this.#ownAddress = { host: readOwnAddress(this.#plan.places), readAtMs: nowMs }
    return this.#ownAddress.host
  }
}

function placeOf({ remote }: Pipe): string {
  return remote ? formatHostPort(remote) : 'on this machine'
}
