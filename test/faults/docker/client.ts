// The process that asks: clients that look up names at random by every door of every daemon, watch, and follow; and one that looks how the daemons are.
// Sends what it saw to its parent, in the words of a history; draws many times in a row when it is told to.

import type { ClientOptions, DrawCommand } from './client-options.ts'
import type { Answered, Doors } from './doors.ts'
import type { HistoryRecord, LookupRecord } from '../history.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import { follow } from '../../../messaging/index.ts'
import { openKeyring } from '../../../messaging/keys/open-keyring.ts'
import { createSpEngine } from '../../../messaging/sp/engines/sp.ts'
import { readChoice, readFollowed, readHealth, readList } from '../door-answers.ts'
import { between, createRandom, pick } from '../random.ts'
import { openDoors } from './doors.ts'
import { sinceMs } from './recorder.ts'
import { probeStalls } from './stall-probe.ts'
import { watchForEver } from './watching.ts'

const options: ClientOptions = JSON.parse(process.argv[2] ?? '')
process.once('disconnect', () => process.exit())

const sendEveryMs = 200
const lookEveryMs = 250
/** Everybody's round trips, once in so many looks. */
const looksPerList = 4
/** A daemon of which a round began so late holds it against nobody. */
const leastLagMs = 250
const atOnce = 16

const nowMs = () => sinceMs(options.startedAtMs)
const random = createRandom(options.seed, 'clients')
const keyring = openKeyring({ path: options.keyringPath })
if (!keyring) throw new Error('no keys')
const engine = createSpEngine()
const names = Object.keys(options.services)
const protocolOf = (service: string) => options.services[service] ?? 'tcp'
const daemons = options.daemons.map(({ host, address }) => openDoors({ host, address, engine, keyring, protocolOf }))
const roll = await follow({
  env: { ROLLCALL_KEYRING: options.keyringPath },
  discovery: options.daemons.map(({ address }) => `${address}:5555`),
})
const followed = new Map(names.map((name) => [name, roll.name(name)]))

let seen: HistoryRecord[] = []
const record = (each: HistoryRecord) => void seen.push(each)
function send(): void {
  if (seen.length === 0) return
  process.send?.({ records: seen })
  seen = []
}

type About = Pick<LookupRecord, 'client' | 'door' | 'asked' | 'service'> & { readonly daemon?: string }

async function look(about: About, ask: () => Promise<Answered>): Promise<void> {
  const fromMs = nowMs()
  const answered = await ask().catch((error: unknown): Answered => {
    return { answer: { outcome: 'FAILED', reason: String(error) } }
  })
  record({ type: 'lookup', ...about, fromMs, atMs: nowMs(), ...answered })
}

async function lookUpForEver(client: string): Promise<never> {
  for (;;) {
    const { host, asks } = pick(daemons, random)
    const service = pick(names, random)
    const { door, asked, ask } = pick(asks, random)
    await look({ client, daemon: host, door, asked, service }, () => ask(service))
    await sleep(between(0, 2 * options.pauseMs, random))
  }
}

/** One that follows keeps its copy: it is asked whom it would hand out, and what it knows. */
async function lookUpFollowed(client: string): Promise<never> {
  for (;;) {
    for (const [service, name] of followed) {
      const about = { client, door: 'follow', service } as const
      await look({ ...about, asked: 'resolve' }, async () => ({ answer: readChoice(name.draw()) }))
      await look({ ...about, asked: 'list' }, async () => {
        return { answer: readFollowed(name.isKnown ? name.instances : undefined) }
      })
      await sleep(between(0, 2 * options.pauseMs, random))
    }
  }
}

async function lookHow({ host, http }: Doors, timings: { roundTripMs: number; dateLessRunMs?: number }): Promise<void> {
  const fromMs = nowMs()
  const { lagMs, ...health } = readHealth((await http('/health')).body)
  const atMs = nowMs()
  record({ type: 'health', atMs, daemon: host, ...health, ...timings })
  if (atMs - fromMs >= leastLagMs) record({ type: 'stall', daemon: host, fromMs, atMs })
  if (lagMs >= leastLagMs) record({ type: 'stall', daemon: host, fromMs: atMs - lagMs - lookEveryMs, atMs })
}

async function readTimings({ http }: Doors): Promise<{ roundTripMs: number; dateLessRunMs?: number }> {
  const lists = await Promise.all(names.map(async (name) => readList(await http(`/services/${name}`))))
  const dateMs = lists.find((each) => each.dateMs !== undefined)?.dateMs
  return {
    roundTripMs: Math.max(...lists.map(({ roundTripMs }) => roundTripMs)),
    ...(dateMs !== undefined && { dateLessRunMs: dateMs - nowMs() }),
  }
}

async function lookHowForEver(daemon: Doors): Promise<never> {
  for (let looks = 0; ; looks += 1) {
    // Where it is away, the lookups say so.
    await (looks % looksPerList === 0 ? readTimings(daemon) : Promise.resolve({ roundTripMs: 0 }))
      .then((timings) => lookHow(daemon, timings))
      .catch(() => undefined)
    await sleep(lookEveryMs)
  }
}

/** Each name at one door of one daemon, and all of them by the follower: as much as a small machine draws in a few seconds. */
async function draw({ services, draws }: DrawCommand): Promise<void> {
  const doors = daemons.flatMap(({ host, asks }) => {
    const those = asks.filter(({ door, asked }) => asked === 'resolve' && (door === 'http' || door === 'sp'))
    return those.map((each) => ({ ...each, daemon: host }))
  })
  for (const service of services) {
    const { daemon, door, ask } = pick(doors, random)
    await drawAt({ daemon, door, service }, draws, () => ask(service))
    await drawAt({ door: 'follow', service }, draws, async () => ({
      answer: readChoice(followed.get(service)?.draw()),
    }))
  }
  send()
  process.send?.({ drawn: true })
}

async function drawAt(
  about: Pick<LookupRecord, 'door' | 'service'> & { readonly daemon?: string },
  draws: number,
  ask: () => Promise<Answered>,
): Promise<void> {
  const counts: Record<string, number> = {}
  const fromMs = nowMs()
  for (let done = 0; done < draws; done += atOnce) {
    const answers = await Promise.all(Array.from({ length: atOnce }, () => ask().catch(() => undefined)))
    for (const answered of answers) {
      if (answered?.answer.outcome !== 'PROVIDERS') continue
      for (const { address } of answered.answer.providers) counts[address] = (counts[address] ?? 0) + 1
    }
  }
  record({ type: 'draws', ...about, fromMs, atMs: nowMs(), counts })
}

process.on('message', (message) => void draw(Object(message)))
probeStalls(nowMs, (fromMs, atMs) => record({ type: 'stall', fromMs, atMs }))
setInterval(send, sendEveryMs)
for (let at = 0; at < 4; at += 1) void lookUpForEver(`client-${at}`)
void lookUpFollowed('follower')
for (const [at, daemon] of daemons.entries()) {
  void lookHowForEver(daemon)
  const { host } = daemon
  const shared = { daemon: host, address: options.daemons[at]?.address ?? '', nowMs, record }
  const stayMs = () => between(2_000, 20_000, random)
  void watchForEver({ ...shared, name: `stays-${host}`, stayMs, isForgetful: false })
  void watchForEver({ ...shared, name: `answers-${host}`, scope: 'answer', stayMs, isForgetful: false })
  void watchForEver({ ...shared, name: `looks-${host}`, stayMs: () => between(500, 2_000, random), isForgetful: true })
}
process.send?.({ ready: true })
