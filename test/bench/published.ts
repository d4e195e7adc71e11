// A process that publishes, one that subscribes, and runs between them.

import type { Took } from './stopwatch.ts'
import { setTimeout as delay } from 'node:timers/promises'
import { startChild } from './child.ts'

export interface PublishedOptions {
  readonly kind: 'sp' | 'bare'
  readonly subscribers: number
  readonly topics: number
  /** Of each subscriber, the first topics; 0: it subscribes to everything. */
  readonly prefixes: number
}

export interface Published {
  readonly publisher: Took
  readonly subscribers: Took
}

export interface PublishedPair {
  /** So many messages, each of which every subscriber gets. */
  run(count: number): Promise<Published>
  close(): Promise<unknown>
}

export async function openPublished({ kind, subscribers, topics, prefixes }: PublishedOptions): Promise<PublishedPair> {
  const publisher = startChild('publisher', [kind, topics])
  const { port } = await publisher.next()
  const hearing = startChild('subscribers', [kind, Number(port), subscribers, prefixes])
  await hearing.next()
  await untilAllHear()
  return {
    async run(count) {
      await hearing.ask({ count: count * subscribers })
      const [heard, sent] = await Promise.all([hearing.next(), publisher.ask({ count })])
      return { publisher: readTook(sent), subscribers: readTook(heard) }
    },
    close: () => Promise.all([publisher.kill(), hearing.kill()]),
  }

  /** Until everyone is connected, and the publisher has been told of every prefix. */
  async function untilAllHear(): Promise<void> {
    const probes = Math.min(topics, 1_000)
    for (let tries = 0; tries < 120; tries += 1) {
      await hearing.ask({ count: Infinity })
      await publisher.ask({ count: probes })
      await delay(500)
      const { heard } = await hearing.ask()
      if (heard === probes * subscribers) return
    }
    throw new Error(`${kind}: ${subscribers} subscribers do not hear everything`)
  }
}

function readTook({ ms, cpuMs }: Record<string, unknown>): Took {
  return { ms: Number(ms), cpuMs: Number(cpuMs) }
}
