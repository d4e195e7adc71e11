// What `rollcall sp` does once it is connected: sends, prints what comes, answers, until it has had enough. One function for each
// way that messages go; the patterns differ in nothing else.

import { setTimeout as delay } from 'node:timers/promises'

import type { Engine, Handler, Pipe, Receiver, Sender, SpSocket, Subscriber } from '../../messaging/sp/engine.ts'
import { formatHostPort } from '../../messaging/sp/address.ts'
import { RollcallError } from '../../messaging/sp/error.ts'
import { openDeadline } from '../asking/deadline.ts'
import type { ExitCode } from '../terminal/exit-code.ts'
import { exitCodes } from '../terminal/exit-code.ts'
import type { Terminal } from '../terminal/terminal.ts'
import type { Credentials } from './credentials.ts'
import type { OutputFormat } from './output.ts'
import { formatMessage } from './output.ts'
import type { PatternName } from './patterns.ts'

/** Where to. */
export interface Target {
  readonly listen: readonly string[]
  readonly dial: readonly string[]
  readonly priority: number | undefined
  readonly credentials: Credentials | undefined
}

/** The command line, read. Times are milliseconds. */
export interface Plan {
  readonly pattern: PatternName
  readonly target: Target
  /** What is sent or answered. */
  readonly body: Buffer | undefined
  readonly subscribe: readonly string[]
  readonly format: OutputFormat
  readonly count?: number
  readonly interval?: number
  readonly delay?: number
  readonly deadline?: number
  readonly recvTimeout?: number
  readonly sendTimeout?: number
  readonly silent?: true
  readonly verbose?: true
}

const surveyDeadlineMs = 1_000
const requestTimeoutMs = 10_000

export async function converse(terminal: Terminal, engine: Engine, plan: Plan): Promise<ExitCode> {
  return new Conversation(terminal, engine, plan).run()
}

class Conversation {
  readonly #terminal: Terminal
  readonly #engine: Engine
  readonly #plan: Plan
  /** Aborted by a signal, or by itself when it has had enough. */
  readonly #end = new AbortController()
  #heard = 0
  #peers = 0
  #greet: () => void = () => {}

  constructor(terminal: Terminal, engine: Engine, plan: Plan) {
    this.#terminal = terminal
    this.#engine = engine
    this.#plan = plan
  }

  async run(): Promise<ExitCode> {
    const interrupted = this.#terminal.untilSignal()
    interrupted.addEventListener('abort', () => this.#end.abort(), { once: true })
    try {
      return await this.#talk()
    } catch (error) {
      if (interrupted.aborted || this.#end.signal.aborted) return this.#outcome()
      if (!(error instanceof RollcallError) || error.code !== 'TIMEOUT') throw error
      this.#say(error.message)
      return exitCodes.nobody
    }
  }

  #talk(): Promise<ExitCode> {
    const engine = this.#engine
    const events = this.#events
    const body = this.#plan.body ?? Buffer.alloc(0)
    const talks: Readonly<Record<PatternName, () => Promise<ExitCode>>> = {
      push: () => this.#sendOnly(engine.createPusher(events)),
      pub: () => this.#sendOnly(engine.createPublisher(events)),
      pull: () => this.#hearOnly(engine.createPuller(events)),
      sub: () => this.#hearOnly(this.#subscribed(engine.createSubscriber(events))),
      bus: () => this.#sendAndHear(engine.createBus(events)),
      pair: () => this.#sendAndHear(engine.createPair(events)),
      pair1: () => this.#sendAndHear(engine.createPair({ ...events, version: 1 })),
      rep: () => this.#answer((handler) => engine.createReplier(handler, events)),
      respondent: () => this.#answer((handler) => engine.createRespondent(handler, events)),
      req: () => this.#request(body),
      surveyor: () => this.#survey(body),
    }
    return talks[this.#plan.pattern]()
  }

  #subscribed(subscriber: Subscriber): Subscriber {
    for (const prefix of this.#plan.subscribe) subscriber.subscribe(prefix)
    return subscriber
  }

  async #sendOnly(socket: SpSocket & Sender): Promise<ExitCode> {
    await this.#connect(socket)
    await this.#sendAll(socket)
    return exitCodes.ok
  }

  async #hearOnly(socket: SpSocket & Receiver): Promise<ExitCode> {
    await this.#connect(socket)
    return this.#hearAll(socket)
  }

  async #sendAndHear(socket: SpSocket & Sender & Receiver): Promise<ExitCode> {
    await this.#connect(socket)
    const hearing = this.#hearAll(socket)
    if (this.#plan.body === undefined) return hearing
    const [code] = await Promise.all([hearing, this.#sendAll(socket)])
    return code
  }

  /** Prints until there were enough, or none came for too long. */
  async #hearAll(socket: SpSocket & Receiver): Promise<ExitCode> {
    this.#watchSilence()
    const stop = () => void socket.close()
    this.#end.signal.addEventListener('abort', stop, { once: true })
    if (this.#end.signal.aborted) stop()
    for await (const { body, pipe } of socket) if (this.#print(body, pipe)) break
    return this.#outcome()
  }

  async #answer(create: (handler: Handler) => SpSocket): Promise<ExitCode> {
    this.#watchSilence()
    const ended = new Promise<void>((resolve) => {
      this.#end.signal.addEventListener('abort', () => resolve(), { once: true })
    })
    const socket = create((body, { pipe }) => {
      // What came after the last that was asked for is another one's to answer.
      if (this.#end.signal.aborted) return undefined
      if (this.#print(body, pipe)) this.#end.abort()
      return this.#plan.body ?? Buffer.from(body)
    })
    await this.#connect(socket)
    await ended
    return this.#outcome()
  }

  async #request(body: Buffer): Promise<ExitCode> {
    const { signal } = this.#end
    const timeoutMs = this.#plan.recvTimeout ?? this.#plan.deadline ?? requestTimeoutMs
    const requester = this.#engine.createRequester(this.#events)
    await this.#connect(requester)
    await this.#repeat(async () => void this.#print(await requester.request(body, { timeoutMs, signal }), undefined))
    return this.#outcome()
  }

  async #survey(body: Buffer): Promise<ExitCode> {
    const { signal } = this.#end
    const deadlineMs = this.#plan.deadline ?? surveyDeadlineMs
    const surveyor = this.#engine.createSurveyor(this.#events)
    await this.#connect(surveyor)
    await this.#repeat(async () => {
      const round = surveyor.survey(body, { deadlineMs, signal })
      for await (const answer of round) this.#print(answer.body, answer.pipe)
      const { asked, answered } = await round.outcome
      this.#say(`${answered}${asked === undefined ? '' : ` of ${asked}`} answered`)
    })
    return this.#outcome()
  }

  async #sendAll(socket: Sender): Promise<void> {
    const { body, sendTimeout } = this.#plan
    const { signal } = this.#end
    if (!body) return
    const options = { signal, ...(sendTimeout !== undefined && { timeoutMs: sendTimeout }) }
    await this.#repeat(() => socket.send(body, options))
  }

  /** Once; `--count` times; or, with an interval alone, for ever. */
  async #repeat(run: () => Promise<void>): Promise<void> {
    const { interval, count = interval === undefined ? 1 : Infinity } = this.#plan
    for (let done = 0; done < count; done += 1) {
      if (done > 0 && interval !== undefined) await delay(interval, undefined, { signal: this.#end.signal })
      this.#end.signal.throwIfAborted()
      await run()
    }
  }

  /** Waits for a first peer where a message would otherwise be for nobody. */
  async #connect(socket: SpSocket): Promise<void> {
    const { listen, dial, priority, credentials } = this.#plan.target
    const shared = priority === undefined ? {} : { priority }
    for (const address of listen) {
      const options = credentials ? { ...shared, credentials: credentials.listen } : shared
      const listener = await this.#engine.listen(address, socket, options)
      if (this.#plan.verbose) this.#say(`listening at ${listener.address}`)
    }
    const options = credentials ? { ...shared, credentials: credentials.dial } : shared
    for (const address of dial) this.#engine.dial(address, socket, options)
    if (this.#plan.body && this.#engine.features.pipeEvents) await this.#firstPeer()
    if (this.#plan.delay !== undefined) await delay(this.#plan.delay, undefined, { signal: this.#end.signal })
  }

  async #firstPeer(): Promise<void> {
    const { pattern, sendTimeout } = this.#plan
    // Answers are for who asks, and a request waits by itself, for as long as it may.
    if (this.#peers > 0 || pattern === 'rep' || pattern === 'respondent' || pattern === 'req') return
    const deadline = openDeadline(sendTimeout, this.#end.signal)
    try {
      await new Promise<void>((resolve, reject) => {
        this.#greet = resolve
        deadline.signal.addEventListener('abort', () => reject(deadline.signal.reason), { once: true })
      })
    } catch (error) {
      if (!deadline.isOver()) throw error
      throw new RollcallError('TIMEOUT', `nobody connected within ${sendTimeout} ms`, { cause: error })
    } finally {
      deadline.close()
    }
  }

  readonly #events = {
    onAttach: (pipe: Pipe): void => {
      this.#peers += 1
      this.#greet()
      if (this.#plan.verbose) this.#say(`connected: ${placeOf(pipe)}`)
    },
    onDetach: (pipe: Pipe, reason: string): void => {
      this.#peers -= 1
      if (this.#plan.verbose) this.#say(`disconnected: ${placeOf(pipe)}: ${reason}`)
    },
  }

  #stopSilence = () => {}

  #watchSilence(): void {
    const { recvTimeout } = this.#plan
    this.#stopSilence()
    if (recvTimeout === undefined) return
    const timer = setTimeout(() => {
      this.#say(`nothing came for ${recvTimeout} ms`)
      this.#end.abort()
    }, recvTimeout)
    this.#stopSilence = () => clearTimeout(timer)
  }

  /** True when that was the last one. */
  #print(body: Buffer, pipe: Pipe | undefined): boolean {
    this.#heard += 1
    this.#terminal.write(formatMessage(this.#plan.format, body, pipe))
    const isLast = this.#heard === this.#plan.count
    if (isLast) this.#stopSilence()
    else this.#watchSilence()
    return isLast
  }

  #outcome(): ExitCode {
    this.#stopSilence()
    if (this.#terminal.isInterrupted()) return exitCodes.interrupted
    return this.#heard > 0 ? exitCodes.ok : exitCodes.nobody
  }

  #say(text: string): void {
    if (!this.#plan.silent) this.#terminal.note(`rollcall sp: ${text}`)
  }
}

function placeOf({ remote, identity }: Pipe): string {
  const place = remote ? formatHostPort(remote) : 'a peer on this machine'
  return identity === undefined ? place : `${place} (${identity})`
}
