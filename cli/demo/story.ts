// What happens in the demo, as lines for people: what was done to an instance, and what the daemon made of it, with the
// time between the two. Pure; the clock is the daemon's.

import type { Change, ChangeType } from '../../discovery/registry/change-log.ts'
import { formatDuration } from '../terminal/duration.ts'
import type { Colour } from '../terminal/terminal.ts'
import type { Member } from './fleet.ts'

export type Act = 'started' | 'killed' | 'stopped'

export interface StoryLine {
  readonly id: string
  readonly text: string
  readonly colour: Colour
}

export interface Story {
  act(act: Act, member: Pick<Member, 'id' | 'pid'>, nowMs: number): StoryLine
  /** Undefined for a change that is no news to a reader. */
  change(change: Change): StoryLine | undefined
}

const acts: Readonly<Record<Act, { readonly text: string; readonly colour: Colour }>> = Object.freeze({
  started: { text: 'started as process', colour: 'bold' },
  killed: { text: 'killed (SIGKILL, so it cannot say goodbye), process', colour: 'bold' },
  stopped: { text: 'asked to stop (SIGTERM, so it leaves the roll first), process', colour: 'bold' },
})

const news: Readonly<Partial<Record<ChangeType, { readonly text: string; readonly colour: Colour }>>> = Object.freeze({
  joined: { text: 'is on the roll, at', colour: 'green' },
  suspected: { text: 'is suspect: the others are handed out first', colour: 'yellow' },
  recovered: { text: 'is back', colour: 'green' },
  draining: { text: 'is draining', colour: 'yellow' },
  left: { text: 'is off the roll', colour: 'red' },
})

export function createStory(): Story {
  /** When something was last done to an instance. */
  const actedAtMs = new Map<string, number>()
  return {
    act(act, { id, pid }, nowMs) {
      actedAtMs.set(id, nowMs)
      const { text, colour } = acts[act]
      return { id, text: `${text} ${pid}`, colour }
    },
    change({ type, instance, atMs }) {
      const line = news[type]
      // A program that talks to clusters is on the roll as a member too, at an address of its own.
      if (line === undefined || instance.kind !== 'service') return undefined
      // Most of the time from a start to the roll is the program's own; what follows a kill or a stop is the daemon's.
      if (type === 'joined') return { id: instance.id, ...line, text: `${line.text} ${instance.address}` }
      const sinceMs = atMs - (actedAtMs.get(instance.id) ?? Number.POSITIVE_INFINITY)
      const after = sinceMs >= 0 ? ` (${formatDuration(sinceMs)} later)` : ''
      if (type === 'left') actedAtMs.delete(instance.id)
      return { id: instance.id, ...line, text: `${line.text}${after}` }
    },
  }
}
