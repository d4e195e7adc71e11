// Nothing is on the roll but what those said who may: an address that no instance of that name ever had was forged.

import type { FleetPromise } from './promise.ts'
import { Judge } from './judge.ts'
import { Findings } from './promise.ts'

const name = 'no-forged-name'

export const noForgedName: FleetPromise = {
  name,
  promises: 'nobody is shown who is not of the fleet, under no name that is not its own',
  check(history) {
    const judge = Judge.of(history)
    const findings = new Findings(name)
    const check = (service: string, address: string, atMs: number, by: string) => {
      findings.check(judge.truth.find(service, address) !== undefined, atMs, () => {
        return `${by} showed ${address} as ${service}, which it never was`
      })
    }
    for (const record of judge.history) {
      if (record.type === 'lookup' && record.answer.outcome === 'PROVIDERS')
        for (const { address } of record.answer.providers)
          check(record.service, address, record.atMs, `${record.daemon ?? record.client} (${record.door})`)
      if (record.type === 'watch')
        for (const { service, address } of record.instances)
          check(service, address, record.atMs, `${record.daemon} (watch)`)
      if (record.type === 'draws')
        for (const address of Object.keys(record.counts))
          check(record.service, address, record.atMs, `${record.daemon ?? 'a follower'} (${record.door})`)
    }
    return findings.verdict
  },
}
