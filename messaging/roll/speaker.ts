// One process on the roll: a RESPONDENT that dials every daemon and answers `service query` with a line for each thing that the
// process is (a service, a member of a cluster, a subscriber), hints at every change, and leaves in order.

import type { Clock } from '../sp/clock.ts'
import type { DialOptions, Engine, Pipe, QuestionContext, Respondent, SpSocket } from '../sp/engine.ts'
import type { Hints } from './hints.ts'
import type { JoinLog } from './join-options.ts'
import type { DaemonPlace } from './own-address.ts'
import type { OwnLine } from './own-line.ts'
import { formatHostPort } from '../sp/address.ts'
import { RollcallError } from '../sp/error.ts'
import { formatDynamic } from './answer.ts'
import { openHints } from './hints.ts'
import { readOwnAddress } from './own-address.ts'
import { SpokenLine } from './spoken-line.ts'

export interface SpeakerOptions {
  readonly engine: Engine
  readonly clock: Clock
  readonly log: JoinLog
  /** SP addresses of the daemons. */
  readonly addresses: readonly string[]
  /** The same, where they are a host and a port. */
  readonly places: readonly DaemonPlace[]
  readonly dial: DialOptions
  /** 0 = idle, 1 = as much as it can do; undefined: not told. */
  readonly load: (() => number) | undefined
  readonly inflight: (() => number) | undefined
  /** False: it does not know now, and says nothing rather than what it knew. Default: it always knows. */
  readonly isKnowing?: () => boolean
}

export interface SpeakerCounts {
  /** `service query`, answered. */
  readonly questions: number
  /** Anything else that was asked, left without an answer. */
  readonly unknownQuestions: number
  readonly hints: number
  /** Harmless: the next round finds out. */
  readonly failedHints: number
}

export interface LineHandle {
  /** Says something else from now on. Nothing is hinted when that comes to the same bytes. */
  update(line: OwnLine): void
  /** No longer says it. */
  remove(): void
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

export class Speaker {
  readonly #options: SpeakerOptions
  readonly #respondent: Respondent
  readonly #hints: Hints | undefined
  readonly #lines = new Set<SpokenLine>()
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

  constructor(options: SpeakerOptions) {
    const { engine, clock, log, addresses, dial } = options
    this.#options = options
    this.#respondent = engine.createRespondent((body, context) => this.#answer(body, context), {
      onDetach: (pipe, reason) => this.#detached(pipe, reason),
      onError: (error) => log.warn({ err: error }, 'roll call not answered'),
    })
    for (const address of addresses) engine.dial(address, this.#respondent, dial)
    // Without pipes one daemon alone could be reached, and a daemon on such an engine takes no hints.
    if (engine.features.pipeEvents) this.#hints = openHints(engine, addresses, dial)
    this.#stopUnaskedWarning = clock.after(unaskedMs, () => {
      if (this.#questions === 0) log.warn({ discovery: addresses }, 'no discovery daemon has asked yet; still trying')
    })
  }

  /** Daemons connected now; undefined on an engine that cannot count them. */
  get daemons(): number | undefined {
    return this.#options.engine.features.pipeEvents ? this.#respondent.pipes.size : undefined
  }

  /** Connected to the daemons: for a keyring to guard. */
  get sockets(): readonly SpSocket[] {
    return [this.#respondent, ...(this.#hints ? [this.#hints.socket] : [])]
  }

  counts(): SpeakerCounts {
    const { sent, failed } = this.#hints?.counts() ?? { sent: 0, failed: 0 }
    const [questions, unknownQuestions] = [this.#questions, this.#unknownQuestions]
    return { questions, unknownQuestions, hints: sent, failedHints: failed }
  }

  /** Puts one more line on the roll. Fails with `CLOSED`. */
  add(provider: OwnLine): LineHandle {
    this.#refuseWhenLeft()
    const line = new SpokenLine(provider)
    const [known] = this.#lines
    this.#lines.add(line)
    // Without another line no daemon knows an id of this process; it asks when it is connected.
    if (known) this.#hint(known.id)
    return {
      update: (changed) => {
        this.#refuseWhenLeft()
        if (line.change(changed)) this.#hint(changed.id)
      },
      remove: () => {
        if (this.#lines.delete(line)) this.#hint(line.id)
      },
    }
  }

  /** Tells every daemon that this process is no longer here, at most 200 ms long, then closes. Idempotent. */
  leave(): Promise<void> {
    this.#leaving ??= this.#leave()
    return this.#leaving
  }

  /** Closes at once; the daemons see a connection that ended. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #leave(): Promise<void> {
    if (this.#closing) return this.#closing
    const { clock, engine, log } = this.#options
    const untold = new Set(this.#respondent.pipes)
    this.#untold = untold
    const lines = [...this.#lines]
    // Without pipes nobody can say who is still to be told.
    if (untold.size > 0 || !engine.features.pipeEvents) {
      const told = new Promise<void>((resolve) => {
        const stop = clock.after(leaveMs, resolve)
        this.#endTelling = () => {
          stop()
          resolve()
        }
      })
      // All lines stand in one answer: any of their ids makes the daemons ask.
      const [first] = lines
      if (first) void this.#hints?.ask(first.id)
      await told
    }
    for (const { service, id } of lines) log.info({ service, id, untold: untold.size }, 'left the roll')
    await this.close()
  }

  async #close(): Promise<void> {
    this.#endTelling()
    this.#stopUnaskedWarning()
    await Promise.all([this.#respondent.close(), this.#hints?.close()])
  }

  #refuseWhenLeft(): void {
    if (this.#leaving || this.#closing) throw new RollcallError('CLOSED', 'this program has left the roll')
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
    if (this.#options.isKnowing?.() === false) return undefined
    if (pipe) return this.#answerFrom(pipe.local?.host ?? '', pipe)
    for (const line of this.#lines)
      if (line.needsHost) return this.#readOwnAddress().then((host) => this.#answerFrom(host, pipe))
    return this.#answerFrom('', pipe)
  }

  #answerFrom(host: string, pipe: Pipe | undefined): Buffer {
    // Leaving may have begun while the own address was looked up.
    if (this.#untold) return this.#answerLeaving(pipe)
    if (pipe && !this.#askedBy.has(pipe)) this.#askedFirst(pipe, host)
    const { load, inflight } = this.#options
    const dynamic = formatDynamic({ load: load?.(), inflight: inflight?.() })
    let answer = ''
    for (const line of this.#lines) answer += `${answer === '' ? '' : '\n'}${line.text(host)}${dynamic}`
    return Buffer.from(answer)
  }

  #askedFirst(pipe: Pipe, host: string): void {
    this.#askedBy.add(pipe)
    for (const line of this.#lines)
      this.#options.log.info(
        { service: line.service, id: line.id, daemon: placeOf(pipe), host: line.hostFrom(host) },
        'on the roll',
      )
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
      this.#options.log.warn({ daemon: placeOf(pipe), reason }, 'connection to a discovery daemon lost; dialling again')
  }

  /** By an id that the daemons know: they ask for all lines then. Several changes in one turn are one hint. */
  #hint(knownId: string): void {
    if (this.#isHintQueued) return
    this.#isHintQueued = true
    queueMicrotask(() => {
      this.#isHintQueued = false
      void this.#hints?.ask(knownId)
    })
  }

  #readOwnAddress(): Promise<string> {
    const { clock, places } = this.#options
    const nowMs = clock.nowMs()
    if (!this.#ownAddress || nowMs - this.#ownAddress.readAtMs >= ownAddressMs)
      this.#ownAddress = { host: readOwnAddress(places), readAtMs: nowMs }
    return this.#ownAddress.host
  }
}

function placeOf({ remote }: Pipe): string {
  return remote ? formatHostPort(remote) : 'on this machine'
}
