// What the process that asks is told by the one that runs the faults.

export interface ClientOptions {
  /** Since 1970: when the schedule began. */
  readonly startedAtMs: number
  readonly daemons: readonly { readonly host: string; readonly address: string }[]
  /** How the instances of each name are spoken to. */
  readonly services: Readonly<Record<string, string>>
  readonly seed: number
  /** Of keys that may read the roll. */
  readonly keyringPath: string
  /** Between two lookups of one client, on average. */
  readonly pauseMs: number
}

/** So many draws of each name that has several instances, each at a door of its own, and all of them by a follower. */
export interface DrawCommand {
  readonly services: readonly string[]
  readonly draws: number
}
