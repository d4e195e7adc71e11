// Daemons that are broken on purpose, each in one way that somebody might break them by mistake: the checker has to tell every one of them from a
// sound daemon. Each puts another part in the place of one of the daemon's.

import type { Change, ChangeLog } from '../../../discovery/registry/change-log.ts'
import type { RollReader } from '../../../discovery/lookup/roll-reader.ts'
import type { Registry, RollPipe } from '../../../discovery/registry/registry.ts'
import type { ParsedAnswer } from '../../../messaging/roll/answer.ts'
import type { Engine } from '../../../messaging/sp/engine.ts'
import type { Breakage, PartsContext } from './sim-daemon.ts'
import { createKnowledge } from '../../../discovery/registry/knowledge.ts'
import { createRegistry } from '../../../discovery/registry/registry.ts'
import { pick } from '../random.ts'

/** The same object but for what is given anew; what changes stays the object's own. */
function replaceIn<Part extends object>(part: Part, changed: Partial<Part>): Part {
  const replaced: Part = Object.create(part)
  return Object.assign(replaced, changed)
}

function createAnotherRegistry(
  { settings, random }: PartsContext,
  options: Parameters<typeof createRegistry>[0],
): Registry {
  return createRegistry({ misses: settings.misses, freezeMs: settings.freezeMs, random, ...options })
}

/** Does something before everybody is asked. */
function beforeEachRound(engine: Engine, act: () => void): Engine {
  return replaceIn(engine, {
    createSurveyor(options) {
      const surveyor = engine.createSurveyor(options)
      const survey = surveyor.survey.bind(surveyor)
      surveyor.survey = (question, surveyOptions) => {
        if (!surveyOptions.pipe) act()
        return survey(question, surveyOptions)
      }
      return surveyor
    },
  })
}

/** Each round begins with an empty roll. */
const clearsBeforeItSurveys: Breakage = (parts, context) => {
  const registry = createAnotherRegistry(context, { freezeMs: 0 })
  const attached = new Set<RollPipe>()
  const watched = replaceIn(registry, {
    attach(pipe: RollPipe, nowMs: number) {
      attached.add(pipe)
      registry.attach(pipe, nowMs)
    },
    detach(pipe: RollPipe, nowMs: number) {
      attached.delete(pipe)
      registry.detach(pipe, nowMs)
    },
  })
  const clear = (nowMs: number) => {
    for (const pipe of attached) registry.detach(pipe, nowMs)
    registry.advance(nowMs + 60_000)
    for (const pipe of attached) registry.attach(pipe, nowMs)
  }
  const engine = beforeEachRound(parts.engine, () => clear(context.host.clock.nowMs()))
  return { ...parts, engine, registry: watched }
}

const oneMissEvicts: Breakage = (parts, context) => ({
  ...parts,
  registry: createAnotherRegistry(context, { misses: 1 }),
})

const neverFreezes: Breakage = (parts, context) => ({
  ...parts,
  registry: createAnotherRegistry(context, { freezeMs: 0 }),
})

const knowsFromTheStart: Breakage = (parts) => ({
  ...parts,
  knowledge: createKnowledge({ warmupMs: 0, roundMs: 0 }),
})

const takesForgedNames: Breakage = (parts) => ({ ...parts, judge: undefined })

/** Of every five changes one is told to nobody who watches. */
const skipsWatchDeltas: Breakage = (parts) => ({
  ...parts,
  forDoors(reader) {
    const changes: ChangeLog = replaceIn(reader.changes, {
      subscribe: (listener) =>
        reader.changes.subscribe((change: Change) => {
          if (change.sequence % 5 !== 0) listener(change)
        }),
    })
    return replaceIn<RollReader>(reader, { changes })
  },
})

/** Whoever comes with a position of another life is told what is new since the same number in this one. */
const answersFromAnotherEpoch: Breakage = (parts) => ({
  ...parts,
  forDoors(reader) {
    const { epoch } = reader.changes
    const changes: ChangeLog = replaceIn(reader.changes, {
      since: ({ sequence }) => reader.changes.since({ epoch, sequence: Math.min(sequence, reader.changes.sequence) }),
    })
    return replaceIn<RollReader>(reader, { changes })
  },
})

/** The first is drawn a little more often than the others. */
const choosesWithABias: Breakage = (parts, context) => ({
  ...parts,
  registry: createAnotherRegistry(context, { random: () => context.random() ** 1.2 }),
})

/** While an old connection is not closed, nobody else speaks for those on it. */
const sticksToADeadPipe: Breakage = (parts) => {
  const speakers = new Map<string, RollPipe>()
  return {
    ...parts,
    registry: replaceIn(parts.registry, {
      detach(pipe: RollPipe, nowMs: number) {
        for (const [text, speaker] of speakers) if (speaker === pipe) speakers.delete(text)
        parts.registry.detach(pipe, nowMs)
      },
      hear(pipe: RollPipe, answer: ParsedAnswer, heard: Parameters<Registry['hear']>[2]) {
        const lines = answer.lines.filter(({ text }) => (speakers.get(text) ?? pipe) === pipe)
        for (const { text } of lines) speakers.set(text, pipe)
        return parts.registry.hear(pipe, { ...answer, lines }, heard)
      },
    }),
  }
}

const handsOutSuspects: Breakage = (parts, { random }) => ({
  ...parts,
  registry: replaceIn(parts.registry, {
    choose(service: string, filter: Parameters<Registry['choose']>[1]) {
      const choice = parts.registry.choose(service, filter)
      if (choice.outcome !== 'PROVIDER') return choice
      return { outcome: 'PROVIDER', instance: pick(parts.registry.instances(service), random) }
    },
  }),
})

const ignoresDetaches: Breakage = (parts) => ({
  ...parts,
  registry: replaceIn(parts.registry, { detach() {} }),
})

const neverEvicts: Breakage = (parts, context) => {
  const registry = createAnotherRegistry(context, { misses: Infinity })
  // Nor does the grace after a detach ever end.
  return { ...parts, registry: replaceIn(registry, { advance() {}, nextAtMs: () => undefined }) }
}

/** Who claims an id that another one has is not heard. */
const forgetsTheSecondOfAnId: Breakage = (parts) => ({
  ...parts,
  registry: replaceIn(parts.registry, {
    hear(pipe: RollPipe, answer: ParsedAnswer, heard: Parameters<Registry['hear']>[2]) {
      const lines = answer.lines.filter(({ provider: { service, id, host } }) => {
        const holder = id === undefined ? undefined : parts.registry.instance(service, id)
        return holder === undefined || holder.host === host
      })
      return parts.registry.hear(pipe, { ...answer, lines }, heard)
    },
  }),
})

/** Whoever has not answered for so long as three rounds take is thrown out before the next: as a lease would, in a daemon that was stopped
 * everybody's runs out. */
const evictsByAge: Breakage = (parts, context) => {
  const { settings, host } = context
  const registry = createAnotherRegistry(context, { freezeMs: 0 })
  const answeredAtMs = new Map<RollPipe, number>()
  const watched = replaceIn(registry, {
    detach(pipe: RollPipe, nowMs: number) {
      answeredAtMs.delete(pipe)
      registry.detach(pipe, nowMs)
    },
    hear(pipe: RollPipe, answer: ParsedAnswer, heard: Parameters<Registry['hear']>[2]) {
      answeredAtMs.set(pipe, heard.nowMs)
      return registry.hear(pipe, answer, heard)
    },
  })
  const expire = () => {
    const nowMs = host.clock.nowMs()
    const oldestMs = nowMs - settings.misses * settings.intervalMs
    const expired = [...answeredAtMs].filter(([, atMs]) => atMs < oldestMs)
    for (const [pipe] of expired) registry.detach(pipe, nowMs)
    registry.advance(nowMs + 60_000)
    for (const [pipe] of expired) registry.attach(pipe, nowMs)
  }
  return { ...parts, engine: beforeEachRound(parts.engine, expire), registry: watched }
}

/** Suspects are not asked again, and one of them is thrown out with each round. */
const evictsASuspectARound: Breakage = (parts, context) => {
  const registry = createAnotherRegistry(context, {})
  return {
    ...parts,
    registry: replaceIn(registry, {
      endRound(end: Parameters<Registry['endRound']>[0]) {
        const missed = registry.endRound(end)
        const [first] = missed
        if (first) for (let more = 0; more < 3; more += 1) registry.endRound({ ...end, isLagged: false })
        return missed
      },
    }),
  }
}

export interface BrokenDaemon {
  readonly breakage: Breakage
  /** Of a schedule by which it is found out. */
  readonly seed: number
  /** The promise that it breaks first of all; it may break others. */
  readonly breaks: string
}

export const brokenDaemons: Readonly<Record<string, BrokenDaemon>> = Object.freeze({
  'clears the roll before it surveys': { breakage: clearsBeforeItSurveys, seed: 1, breaks: 'removed-for-a-reason' },
  'evicts with the first miss': { breakage: oneMissEvicts, seed: 1, breaks: 'removed-for-a-reason' },
  'counts a miss three times': { breakage: evictsASuspectARound, seed: 1, breaks: 'removed-for-a-reason' },
  'never freezes': { breakage: neverFreezes, seed: 5, breaks: 'no-heap' },
  'has no warm-up': { breakage: knowsFromTheStart, seed: 1, breaks: 'never-nobody' },
  'takes forged names': { breakage: takesForgedNames, seed: 1, breaks: 'no-forged-name' },
  'skips changes that it tells its watchers': { breakage: skipsWatchDeltas, seed: 1, breaks: 'watch-adds-up' },
  'answers from another epoch': { breakage: answersFromAnotherEpoch, seed: 6, breaks: 'watch-adds-up' },
  'chooses with a bias': { breakage: choosesWithABias, seed: 1, breaks: 'uniform-choice' },
  'sticks to a dead pipe': { breakage: sticksToADeadPipe, seed: 1, breaks: 'everyone-listed' },
  'hands out suspects as if they were alive': { breakage: handsOutSuspects, seed: 1, breaks: 'suspects-last' },
  'ignores that connections close': { breakage: ignoresDetaches, seed: 1, breaks: 'suspects-last' },
  'never evicts': { breakage: neverEvicts, seed: 1, breaks: 'alive-within-bound' },
  'forgets the second of two with one id': {
    breakage: forgetsTheSecondOfAnId,
    seed: 1,
    breaks: 'conflicts-lose-nobody',
  },
  'evicts by the age of the last answer': { breakage: evictsByAge, seed: 14, breaks: 'resumed-evicts-nobody' },
})
