// The events of a watch as text (HTML standard, section 9.2, server-sent events), and the positions that they carry. Promises that
// a change is written once, however many are told of it. The README's section "Watch" has the format.

import type { Change, Position } from '../../../registry/change-log.ts'
import type { LoggedInstance } from '../../../registry/instance.ts'
import { writeLoggedInstance } from '../instance-json.ts'

export function formatPosition({ epoch, sequence }: Position): string {
  return `${epoch}-${sequence}`
}

/** Undefined for what is no position of any daemon: whoever shows it gets a fresh snapshot. */
export function readPosition(text: string): Position | undefined {
  const [, epoch, digits] = /^([0-9a-f]{1,32})-(\d{1,15})$/.exec(text) ?? []
  return epoch === undefined ? undefined : { epoch, sequence: Number(digits) }
}

function writeEvent(type: string, position: Position | undefined, data: string): string {
  const id = position ? `id: ${formatPosition(position)}\n` : ''
  return `event: ${type}\n${id}data: ${data}\n\n`
}

/** Everyone who is there at this position. */
export function writeSnapshot(position: Position, isComplete: boolean, instances: readonly LoggedInstance[]): string {
  const written = instances.map(writeLoggedInstance).join(',')
  return writeEvent('snapshot', position, `{"isComplete":${isComplete},"instances":[${written}]}`)
}

/** Whether the list that the client has by now is everyone. Without a position it keeps the one that it came with: so does a client
 * whose list is another daemon's, or of another life of this one. */
export function writeKnowledge(position: Position | undefined, isComplete: boolean): string {
  return writeEvent('knowledge', position, `{"isComplete":${isComplete}}`)
}

const written = new WeakMap<Change, string>()

/** The instance as it is after the change (as it last was, for `left`), and when that was; `dateOf` turns the daemon's clock into time of day. */
export function writeChange(epoch: string, change: Change, dateOf: (atMs: number) => string): string {
  let text = written.get(change)
  if (text === undefined) {
    const { sequence, type, atMs, instance } = change
    const data = `${writeLoggedInstance(instance).slice(0, -1)},"at":"${dateOf(atMs)}"}`
    text = writeEvent(type, { epoch, sequence }, data)
    written.set(change, text)
  }
  return text
}
