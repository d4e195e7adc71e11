// Follows a Docker engine and keeps its labelled containers on the roll. An event is a reason to look, and what is looked at is the truth: every
// event has its container inspected, and after every lost stream all of them are listed again. An engine that is away makes the watcher fall
// silent, not forget: the daemons suspect what they do not hear of.

import type { Clock, JoinLog, Speaking } from '../../messaging/index.ts'
import type { DockerEngine, EngineEvent } from './engine.ts'
import { WatchedContainer } from './watched-container.ts'

export interface WatcherOptions {
  readonly engine: DockerEngine
  /** The watcher's to speak with, and its owner's to close. */
  readonly speaking: Speaking
  readonly clock: Clock
  readonly log: JoinLog
  /** Of containers that name none. */
  readonly zone: string
  /** The id or name of the container that the watcher itself runs in; undefined where it runs in none. */
  readonly ownContainer: string | undefined
}

export interface Watcher {
  /** False while the engine cannot be asked. */
  readonly isKnowing: boolean
  /** Takes nobody off the roll: a watcher that comes back within the daemons' grace finds everybody there. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** Between attempts to reach an engine that is away; doubled each time up to the second. */
const firstRetryMs = 100
const maxRetryMs = 2_000
/** Between two lists while events come: a stream can fall silent without an end. */
const listAgainMs = 30_000
/** An engine that takes longer hangs. */
const listTimeoutMs = 10_000

/** Nothing that these say changes what is on the roll, and some of them come with every health check. */
const isIdle = (action: string): boolean =>
  /^(?:exec_|attach|detach|resize|top|export|copy|commit|archive|extract)/.test(action)

export function openWatcher(options: WatcherOptions): Watcher {
  const watcher = new OpenWatcher(options)
  const close = () => watcher.close()
  return {
    get isKnowing() {
      return watcher.isKnowing
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

class OpenWatcher {
  isKnowing = false
  readonly #options: WatcherOptions
  readonly #containers = new Map<string, WatchedContainer>()
  /** Looks under way, by container; true when something has happened to it meanwhile. */
  readonly #looks = new Map<string, boolean>()
  readonly #closing = new AbortController()
  readonly #running: Promise<void>
  /** Of the next list while a stream is followed. */
  #stopTimer: () => void = () => {}
  #lastEventS: number | undefined
  #about: Pick<ConstructorParameters<typeof WatchedContainer>[0], 'engineName' | 'sharedNetworks'> | undefined

  constructor(options: WatcherOptions) {
    this.#options = options
    this.#running = this.#run()
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#running
    for (const container of this.#containers.values()) container.close()
    this.#containers.clear()
  }

  async #run(): Promise<void> {
    const { log } = this.#options
    const { signal } = this.#closing
    let retryMs = firstRetryMs
    while (!signal.aborted) {
      try {
        await this.#followOnce(() => (retryMs = firstRetryMs))
        log.warn({}, 'the event stream of the engine has ended; following it again')
      } catch (error) {
        if (signal.aborted) return
        if (this.isKnowing || retryMs === firstRetryMs)
          log.warn({ err: error }, 'the engine cannot be asked; the roll call stays unanswered until it can')
        this.isKnowing = false
        await this.#pause(retryMs)
        retryMs = Math.min(maxRetryMs, retryMs * 2)
      }
    }
  }

  /** Ends with the stream of events. */
  async #followOnce(onListed: () => void): Promise<void> {
    const { engine, log } = this.#options
    const { signal } = this.#closing
    const stream = new AbortController()
    const stop = () => stream.abort()
    signal.addEventListener('abort', stop)
    try {
      // Before the list, so that nothing falls between the two; from the last one known, whose second may not have been over.
      const events = await engine.follow({ sinceS: this.#lastEventS, signal: stream.signal })
      await this.#list()
      if (!this.isKnowing)
        log.info({ engine: this.#about?.engineName, containers: this.#containers.size }, 'following the engine')
      this.isKnowing = true
      onListed()
      this.#listAgain(stream)
      for await (const event of events) {
        if (signal.aborted) return
        this.#lastEventS = event.atS
        this.#happened(event)
      }
    } finally {
      signal.removeEventListener('abort', stop)
      this.#stopTimer()
      stop()
    }
  }

  async #list(): Promise<void> {
    const { engine } = this.#options
    await this.#learnAbout()
    const running = new Set(await engine.runningIds())
    for (const [id, container] of this.#containers) {
      if (running.has(id)) continue
      container.remove()
      this.#containers.delete(id)
    }
    await Promise.all([...running].map((id) => this.#look(id)))
  }

  /** Ends the stream when the engine does not answer: it may be one that fell silent. */
  #listAgain(stream: AbortController): void {
    this.#stopTimer = this.#options.clock.after(listAgainMs, () => void this.#listInTime(stream))
  }

  async #listInTime(stream: AbortController): Promise<void> {
    this.#stopTimer = this.#options.clock.after(listTimeoutMs, () => stream.abort())
    try {
      await this.#list()
      if (stream.signal.aborted) return
      this.#stopTimer()
      this.#listAgain(stream)
    } catch (error) {
      this.#options.log.debug({ err: error }, 'the engine could not be listed; following it anew')
      stream.abort()
    }
  }

  /** Of the engine and of the place of the watcher in it, once: neither moves while it runs. */
  async #learnAbout(): Promise<void> {
    if (this.#about) return
    const { engine, ownContainer } = this.#options
    const own = ownContainer === undefined ? undefined : await engine.inspect(ownContainer)
    const sharedNetworks = own && !own.isOnHost ? new Set(own.networks.map(({ name }) => name)) : undefined
    this.#about = { engineName: await engine.name(), sharedNetworks }
  }

  #happened({ action, containerId, signal }: EngineEvent): void {
    const known = this.#containers.get(containerId)
    if (isIdle(action)) return
    if (action === 'die' || action === 'destroy') known?.remove()
    else if (action === 'kill' && known?.isAskedToStop(signal)) return known.drain()
    this.#look(containerId).catch((error: unknown) => {
      // The engine went away under the question: its stream ends as well, and all are listed then.
      this.#options.log.debug({ err: error, container: containerId }, 'a container could not be inspected')
    })
  }

  /** One look at a time for each container; what happens meanwhile is looked at after it. */
  async #look(id: string): Promise<void> {
    if (this.#looks.has(id)) return void this.#looks.set(id, true)
    try {
      do {
        this.#looks.set(id, false)
        const facts = await this.#options.engine.inspect(id)
        if (this.#closing.signal.aborted) return
        // What was found may be from before it.
        if (this.#looks.get(id)) continue
        if (!facts?.isRunning) {
          this.#containers.get(id)?.remove()
          this.#containers.delete(id)
        } else this.#containerOf(id)?.update(facts)
      } while (this.#looks.get(id))
    } finally {
      this.#looks.delete(id)
    }
  }

  #containerOf(id: string): WatchedContainer | undefined {
    const known = this.#containers.get(id)
    if (known || !this.#about) return known
    const { speaking, clock, log, zone } = this.#options
    const container = new WatchedContainer({ speaking, clock, log, zone, ...this.#about })
    this.#containers.set(id, container)
    return container
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        stop()
        this.#closing.signal.removeEventListener('abort', end)
        resolve()
      }
      const stop = this.#options.clock.after(ms, end)
      this.#closing.signal.addEventListener('abort', end)
    })
  }
}
