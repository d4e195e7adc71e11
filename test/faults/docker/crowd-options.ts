// What the process of a crowd is told by the one that runs the faults.

export interface CrowdOptions {
  readonly daemons: readonly string[]
  /** Of keys by which it may answer for its name. */
  readonly keyringPath: string
  /** What each of them answers. */
  readonly lines: readonly string[]
}

export const crowdService = 'web'
