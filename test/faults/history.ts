// What a run of faults records: what every client asked and was told, what was done to the fleet, and what the fleet did by itself.
// One list in the order in which it was seen, JSON lines on disk. Promises that whoever reads it needs nothing else to judge the run.

import { readFileSync, writeFileSync } from 'node:fs'
import { z } from 'zod'

/** Milliseconds since the run began, on one monotonic clock: that of whoever drives it. */
const atMs = z.number()

/** What each kind does to the answers between an instance and a daemon stands in truth.ts. */
export const faultKinds = [
  /** An instance, or a daemon, ends without a word. Its own `life` says when. */
  'kill',
  'pause',
  /** A host is cut off from everybody. */
  'disconnect',
  /** What one of a pair of hosts says does not reach the other: `hosts` is [from, to]. */
  'one-way',
  /** 5 to 30 % of what a host sends and hears is lost, and sent again by TCP. */
  'loss',
  /** 50 to 500 ms more for whatever a host sends and hears. */
  'delay',
  /** One answer of an instance never comes, and only that one. */
  'lost-answer',
  /** The time of day of a daemon jumps. */
  'clock-step',
  /** Another instance says that it is who is here already. `hosts` is the newcomer's. */
  'duplicate-id',
  /** Many instances come at once. */
  'thundering',
  /** A client of the watch does not read. */
  'slow-reader',
  /** Somebody answers for names that are not its own. */
  'forged-answer',
  'daemon-restart',
  /** All containers end and start. */
  'engine-restart',
] as const

/** `beginning`: from now on it may be so. `begun`: from now on it is. `ending`, `ended` likewise. Who acts in no time writes both at once. */
const phase = z.enum(['beginning', 'begun', 'ending', 'ended'])

const run = z.object({
  type: z.literal('run'),
  seed: z.number(),
  mode: z.enum(['in-process', 'docker']),
  /** What the promises are measured by: see bounds.ts. */
  settings: z.object({
    intervalMs: z.number(),
    deadlineMs: z.number(),
    misses: z.number(),
    warmupMs: z.number(),
    freezeMs: z.number(),
    /** Signals 1 and 4 of DESIGN.md, section 5: false on npm nanomsg. */
    pipeEvents: z.boolean(),
    /** What the way between client, daemon and instance may add to each bound, with what the machine adds. */
    slackMs: z.number(),
    /** So much shorter than it was may a silence look, to whoever did it and was told of its end. */
    earlyMs: z.number(),
    /** How long a loss or delay may be felt after its end, or hold back what was sent before. */
    impairedMs: z.number(),
    /** From a start until it is on the roll: dialled, asked, answered, and a round of it ended. */
    settleMs: z.number(),
    /** For so long after the end of a silence or impairment answers may still be missing. */
    recoverMs: z.number(),
    /** The same after a host was cut off: its connections hang, until it hears nothing for so long that it dials anew. */
    redialMs: z.number(),
  }),
})

/** One process and its place: `starting`, `up`, `stopping`, `down` as the phases of a fault. An instance is known by its address. */
const life = z.object({
  type: z.literal('life'),
  atMs,
  host: z.string(),
  is: z.enum(['starting', 'up', 'stopping', 'down']),
  /** What it puts on the roll; absent for a daemon. */
  provider: z.object({ service: z.string(), id: z.string(), address: z.string() }).exactOptional(),
  /** Of `stopping`: `left` told the daemons, `killed` did not. */
  how: z.enum(['killed', 'left']).exactOptional(),
})

const fault = z.object({
  type: z.literal('fault'),
  atMs,
  /** Of one fault, the same in all its phases. */
  fault: z.number(),
  kind: z.enum(faultKinds),
  phase,
  /** Whom it is done to, and to a pair: the first and the second. */
  hosts: z.array(z.string()),
  /** Of a loss per cent, of a delay or step milliseconds, of a crowd how many. */
  amount: z.number().exactOptional(),
  /** Of `ended`, where whoever did it saw what came of it: that it was felt, and how. */
  cameTo: z.string().exactOptional(),
})

/** A time in which whoever asks, or hurts, was not let run; or, of a daemon, one of which it says so itself. Ends with `atMs`. */
const stall = z.object({ type: z.literal('stall'), atMs, fromMs: z.number(), daemon: z.string().exactOptional() })

const told = z.object({ address: z.string(), id: z.string().exactOptional(), state: z.string().exactOptional() })

const answer = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('PROVIDERS'), providers: z.array(told).min(1) }),
  /** 404, NXDOMAIN, an empty list: "nobody of that name". */
  z.object({ outcome: z.literal('NOBODY') }),
  z.object({ outcome: z.literal('NONE_PASSING') }),
  /** 503, SERVFAIL: "I do not know yet". */
  z.object({ outcome: z.literal('WARMING_UP') }),
  /** Nothing was said: refused, closed, timed out. */
  z.object({ outcome: z.literal('FAILED'), reason: z.string() }),
])

const lookup = z.object({
  type: z.literal('lookup'),
  client: z.string(),
  door: z.enum(['http', 'dns', 'sp', 'consul', 'follow']),
  /** Host of the daemon that was asked; absent where the client asks whichever there is. */
  daemon: z.string().exactOptional(),
  /** `resolve`: whoever may be handed out, one or all of them. `list`: everyone, suspects too. */
  asked: z.enum(['resolve', 'list']),
  service: z.string(),
  fromMs: z.number(),
  /** When the answer was there: the record's own time. */
  atMs,
  answer,
  /** The answer said that removals are frozen; absent where its door does not say. */
  isFrozen: z.boolean().exactOptional(),
})

/** Many resolves of one name at one door in a row, counted by the address that was handed out. */
const draws = z.object({
  type: z.literal('draws'),
  door: lookup.shape.door,
  daemon: z.string().exactOptional(),
  service: z.string(),
  fromMs: z.number(),
  atMs,
  counts: z.record(z.string(), z.number()),
})

const watched = told.extend({ service: z.string(), id: z.string(), state: z.string(), detached: z.boolean() })

/** One event of a watch. A client that comes back with a position goes on under the same name; one without takes another. */
const watch = z.object({
  type: z.literal('watch'),
  client: z.string(),
  daemon: z.string(),
  /** The one service that is watched; absent: all of them. */
  scope: z.string().exactOptional(),
  atMs,
  event: z.enum(['snapshot', 'joined', 'updated', 'suspected', 'recovered', 'draining', 'left', 'knowledge']),
  /** EPOCH-SEQUENCE, as told; absent where the event has none. */
  position: z.string().exactOptional(),
  /** All of a snapshot; the one that changed; none of `knowledge`. */
  instances: z.array(watched),
})

/** How a daemon says that it is. Not there at all when it does not answer: the lookups tell that. */
const health = z.object({
  type: z.literal('health'),
  atMs,
  daemon: z.string(),
  isReady: z.boolean(),
  isFrozen: z.boolean(),
  conflicts: z.number(),
  /** Since start: lines refused whatever the reason, and clients of the watch that were cut off. */
  refusedLines: z.number(),
  slowReadersCutOff: z.number(),
  /** The longest of the instances' last round trips. */
  roundTripMs: z.number(),
  /** The daemon's time of day, less this run's clock: moves when one of them is set. */
  dateLessRunMs: z.number().exactOptional(),
})

const recordSchema = z.discriminatedUnion('type', [run, life, fault, lookup, draws, watch, health, stall])

export type HistoryRecord = z.output<typeof recordSchema>
export type FaultKind = (typeof faultKinds)[number]
export type RunRecord = z.output<typeof run>
export type RunSettings = RunRecord['settings']
export type LifeRecord = z.output<typeof life>
export type FaultRecord = z.output<typeof fault>
export type LookupRecord = z.output<typeof lookup>
export type LookupAnswer = LookupRecord['answer']
export type WatchRecord = z.output<typeof watch>
export type StallRecord = z.output<typeof stall>

/** The first record is the run's. */
export type History = readonly HistoryRecord[]

export function runOf(history: History): RunRecord {
  const [first] = history
  if (first?.type !== 'run') throw new Error('a history begins with its run')
  return first
}

export function writeHistory(path: string, history: History): void {
  writeFileSync(path, history.map((record) => `${JSON.stringify(record)}\n`).join(''))
}

export function readHistory(path: string): History {
  const lines = readFileSync(path, 'utf8').split('\n')
  return lines.filter((line) => line !== '').map((line) => recordSchema.parse(JSON.parse(line)))
}
