// Who watches a simulated fleet: at each daemon one who stays and one who looks anew every other second, one who goes from daemon to daemon with
// the position that it has, and those who do not read.

import type { HistoryRecord } from '../history.ts'
import type { Random } from '../random.ts'
import { pick } from '../random.ts'
import { readWatchEvent } from '../watch-events.ts'
import type { SimDaemon } from './sim-daemon.ts'
import type { WatchEvent } from './watch-client.ts'
import { openWatchClient } from './watch-client.ts'

interface Watcher {
  readonly client: string
  daemon: SimDaemon | undefined
  lastEventId: string | undefined
  close: () => void
}

export interface WatchersOptions {
  readonly add: (record: HistoryRecord) => void
  readonly nowMs: () => number
  readonly random: Random
}

export class Watchers {
  readonly #options: WatchersOptions
  readonly #stayers = new Map<string, Watcher>()
  readonly #rover = createWatcher('rover')
  readonly #slow = new Set<{ readonly daemon: SimDaemon; readonly close: () => void }>()
  #looks = 0

  constructor(options: WatchersOptions) {
    this.#options = options
  }

  /** Whoever has no stream opens one, where the daemon takes it. */
  reopen(running: readonly SimDaemon[]): void {
    for (const daemon of running) {
      const { name } = daemon.host
      const stayer = this.#stayers.get(name) ?? createWatcher(`stays-${name}`)
      this.#stayers.set(name, stayer)
      if (!stayer.daemon) this.#open(stayer, daemon)
    }
    if (!this.#rover.daemon && running.length > 0) this.#open(this.#rover, pick(running, this.#options.random))
  }

  /** Goes to another daemon with the next reopen(). */
  rove(): void {
    leave(this.#rover)
  }

  /** Each looks once and goes. */
  look(running: readonly SimDaemon[]): void {
    for (const daemon of running) {
      this.#looks += 1
      const looker = createWatcher(`looks-${this.#looks}`)
      this.#open(looker, daemon)
      leave(looker)
    }
  }

  /** Gives back how it goes away. */
  openSlow(daemon: SimDaemon): () => void {
    const door = daemon.watchDoor
    const slow = { daemon, close: openWatchClient({ door, lastEventId: undefined, isSlow: true, onEvent() {} }) }
    this.#slow.add(slow)
    return () => {
      this.#slow.delete(slow)
      slow.close()
    }
  }

  /** The daemon is about to end: nobody is told anything by it any more. */
  lose(daemon: SimDaemon): void {
    for (const watcher of [...this.#stayers.values(), this.#rover]) if (watcher.daemon === daemon) leave(watcher)
  }

  close(): void {
    for (const watcher of [...this.#stayers.values(), this.#rover]) leave(watcher)
    for (const { close } of this.#slow) close()
  }

  #open(watcher: Watcher, daemon: SimDaemon): void {
    watcher.daemon = daemon
    watcher.close = openWatchClient({
      door: daemon.watchDoor,
      lastEventId: watcher.lastEventId,
      isSlow: false,
      onEvent: (event) => {
        if (watcher.daemon === daemon) this.#told(watcher, daemon, event)
      },
    })
  }

  #told(watcher: Watcher, daemon: SimDaemon, { type, position, data }: WatchEvent): void {
    watcher.lastEventId = position ?? watcher.lastEventId
    this.#options.add({
      type: 'watch',
      client: watcher.client,
      daemon: daemon.host.name,
      atMs: this.#options.nowMs(),
      ...readWatchEvent(type, data),
      ...(position !== undefined && { position }),
    })
  }
}

function createWatcher(client: string): Watcher {
  return { client, daemon: undefined, lastEventId: undefined, close() {} }
}

function leave(watcher: Watcher): void {
  watcher.daemon = undefined
  watcher.close()
  watcher.close = () => {}
}
