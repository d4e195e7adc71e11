// Priorities of what is dialled and listened at: 1 (first) to 16.

import { RollcallError } from './error.ts'

/** As nanomsg's. */
export const defaultPriority = 8

export function checkPriority(priority: number | undefined): void {
  if (priority === undefined || (Number.isInteger(priority) && priority >= 1 && priority <= 16)) return
  throw new RollcallError('ADDRESS_INVALID', `priority ${priority} is not one of 1 (first) to 16`)
}
