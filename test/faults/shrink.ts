// The shortest part of a schedule that still fails, by delta debugging (Zeller and Hildebrandt, 2002): halves first, then ever smaller parts, until
// not one fault can be left out.

import type { PlannedFault, Schedule } from './schedule.ts'

/** `fails` says whether a schedule still breaks what the whole one broke; it is asked at most so often. */
export async function shrinkSchedule(
  schedule: Schedule,
  fails: (schedule: Schedule) => Promise<boolean>,
  maxRuns = 200,
): Promise<Schedule> {
  let { faults } = schedule
  let parts = 2
  const spent = { runs: 0 }
  while (faults.length > 1 && spent.runs < maxRuns) {
    const size = Math.ceil(faults.length / parts)
    const shorter = await findFailing(complements(faults, size), (kept) => {
      if (spent.runs >= maxRuns) return Promise.resolve(false)
      spent.runs += 1
      return fails({ ...schedule, faults: kept })
    })
    if (shorter) {
      faults = shorter
      parts = Math.max(2, parts - 1)
    } else if (size === 1) break
    else parts = Math.min(faults.length, parts * 2)
  }
  return { ...schedule, faults }
}

/** The list without each of its parts of this size. */
function complements(faults: readonly PlannedFault[], size: number): PlannedFault[][] {
  const lists: PlannedFault[][] = []
  for (let at = 0; at < faults.length; at += size) lists.push([...faults.slice(0, at), ...faults.slice(at + size)])
  return lists
}

async function findFailing<Item>(
  items: readonly Item[],
  fails: (item: Item) => Promise<boolean>,
): Promise<Item | undefined> {
  for (const item of items) if (await fails(item)) return item
  return undefined
}
