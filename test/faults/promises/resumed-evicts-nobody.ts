// A daemon that was stopped and goes on holds what it slept through against nobody who answered all the while.

import type { FleetPromise } from './promise.ts'
import { Judge } from './judge.ts'
import { Findings } from './promise.ts'
import { removals } from './removals.ts'

const name = 'resumed-evicts-nobody'

export const resumedEvictsNobody: FleetPromise = {
  name,
  promises: 'a daemon that is resumed removes nobody who ran while it slept',
  check(history) {
    const judge = Judge.of(history)
    const { truth, bounds, settings } = judge
    const findings = new Findings(name)
    const removed = removals(judge)
    for (const daemon of truth.daemons)
      for (const { fromMs, toMs } of daemon.mayBePaused) {
        if (toMs === Infinity) continue
        const untilMs = toMs + bounds.goneMs
        const sleptThrough = truth.providers.filter((provider) => {
          return truth.isFine(provider, daemon.host, fromMs - settings.settleMs, untilMs)
        })
        for (const { service, address } of sleptThrough) {
          const removal = removed.find((each) => {
            const isIts = each.daemon === daemon.host && each.service === service && each.address === address
            return isIts && each.atMs >= fromMs && each.atMs <= untilMs
          })
          findings.check(removal === undefined, removal?.atMs ?? toMs, () => {
            return `${daemon.host} slept ${Math.round(toMs - fromMs)} ms and removed ${service} at ${address}, which answered`
          })
        }
      }
    return findings.verdict
  },
}
