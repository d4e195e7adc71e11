// Who is at an address: what reverse lookups and the targets of SRV records are answered from. Made anew when it is asked for
// after a change of the roll, so that it never says anything else than the roll does.

import type { RollReader } from '../roll-reader.ts'
import { readAddressLabel } from './address-name.ts'

export interface AddressOnRoll {
  readonly ip: string
  /** The names of those who are there. */
  readonly services: ReadonlySet<string>
}

/** Finds an address by its label. */
export function createAddressesOnRoll(
  reader: Pick<RollReader, 'services' | 'instances' | 'changes'>,
): (label: string) => AddressOnRoll | undefined {
  let madeAt = -1
  let found = new Map<string, AddressOnRoll & { readonly services: Set<string> }>()
  return (label) => {
    if (madeAt !== reader.changes.sequence) {
      madeAt = reader.changes.sequence
      found = new Map()
      for (const service of reader.services())
        for (const { host } of reader.instances(service)) {
          const key = readAddressLabel(host)
          if (key === undefined) continue
          const known = found.get(key)
          if (known) known.services.add(service)
          else found.set(key, { ip: host, services: new Set([service]) })
        }
    }
    return found.get(label)
  }
}
