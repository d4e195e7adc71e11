// The roll as lines of text, one per provider, in the format of an answer to the roll call: whoever reads answers reads this.
// Promises never more than one answer may hold, and that no provider costs another its line.

import type { ProviderLine } from '../../../messaging/roll/answer.ts'
import { answerLimits, formatLine } from '../../../messaging/roll/answer.ts'
import { RollcallError } from '../../../messaging/sp/error.ts'
import { defaultLimits } from '../../../messaging/sp/limits.ts'
import type { Instance, Provider } from '../../registry/instance.ts'

/** An answer and its header words are one message. */
const maxBytes = answerLimits.maxBytes - 4 * defaultLimits.maxHeaderWords

/** Undefined when there is more than fits: a list that is cut short would say that the rest is not here. */
export function writeRoll(instances: readonly Instance[]): string | undefined {
  if (instances.length > answerLimits.maxLines) return undefined
  const text = instances.map(writeLine).join('\n')
  return fitsAnswer(text) ? text : undefined
}

export function fitsAnswer(text: string): boolean {
  return Buffer.byteLength(text) <= maxBytes
}

export function writeLine(instance: Provider): string {
  const provider: ProviderLine = { ...instance, boot: undefined }
  try {
    return formatLine({ provider })
  } catch (error) {
    if (!(error instanceof RollcallError) || error.code !== 'ANSWER_TOO_LARGE') throw error
    // Its own line was just within the limit, and ours tells more: an id or a host that it left out. The rest always fits.
    return formatLine({ provider: { ...provider, tags: [], meta: {} } })
  }
}
