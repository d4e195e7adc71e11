// The roll as lines of text, one per provider, in the format of an answer to the roll call: whoever reads answers reads this.
// Promises never more than one answer may hold.

import type { Instance } from '../../registry/instance.ts'

/** As for an answer to the roll call (DESIGN.md section 4), with room for the header words of a message. */
const maxLines = 4000
const maxBytes = 1_048_576 - 64

/** Undefined when there is more than fits: a list that is cut short would say that the rest is not here. */
export function writeRoll(instances: readonly Instance[]): string | undefined {
  if (instances.length > maxLines) return undefined
  const text = instances.map(writeLine).join('\n')
  return Buffer.byteLength(text) > maxBytes ? undefined : text
}

function writeLine(instance: Instance): string {
  const { service, id, address, zone, version, weight, tags, meta, status, by } = instance
  return JSON.stringify({ service, id, address, zone, version, weight, tags, meta, status, by })
}
