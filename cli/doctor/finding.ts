// One thing that `rollcall doctor` looked at: whether it is as it should be, and what to do where it is not.

export type CheckName = 'environment' | 'keys' | 'name' | 'http' | 'clock' | 'sp' | 'roll' | 'reach'

export interface Finding {
  readonly check: CheckName
  readonly isFine: boolean
  /** What was found, in a sentence without a full stop. */
  readonly text: string
  /** What to do; only where it is not fine. */
  readonly advice?: string
}

export function fine(check: CheckName, text: string): Finding {
  return { check, isFine: true, text }
}

export function wrong(check: CheckName, text: string, advice: string): Finding {
  return { check, isFine: false, text, advice }
}
