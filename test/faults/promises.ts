// Every promise that a history is judged by. A new one is a file in promises/ and a line here.

import type { History } from './history.ts'
import type { FleetPromise, Verdict } from './promises/promise.ts'
import { aliveWithinBound } from './promises/alive-within-bound.ts'
import { conflictsLoseNobody } from './promises/conflicts-lose-nobody.ts'
import { daemonsAgree } from './promises/daemons-agree.ts'
import { everyoneListed } from './promises/everyone-listed.ts'
import { neverNobody } from './promises/never-nobody.ts'
import { noForgedName } from './promises/no-forged-name.ts'
import { noHeap } from './promises/no-heap.ts'
import { removedForAReason } from './promises/removed-for-a-reason.ts'
import { resumedEvictsNobody } from './promises/resumed-evicts-nobody.ts'
import { suspectsLast } from './promises/suspects-last.ts'
import { uniformChoice } from './promises/uniform-choice.ts'
import { watchAddsUp } from './promises/watch-adds-up.ts'

export const promises: readonly FleetPromise[] = [
  aliveWithinBound,
  suspectsLast,
  neverNobody,
  everyoneListed,
  removedForAReason,
  resumedEvictsNobody,
  noHeap,
  conflictsLoseNobody,
  daemonsAgree,
  watchAddsUp,
  uniformChoice,
  noForgedName,
]

export interface JudgedPromise extends Verdict {
  readonly promise: FleetPromise
}

export function judgeHistory(history: History): readonly JudgedPromise[] {
  return promises.map((promise) => ({ promise, ...promise.check(history) }))
}
