// The answer to the roll call: one line per provider, `name|address` or JSON, then optionally a TAB and what changes
// all the time. DESIGN.md section 4 has the form, PROTOCOL.md the grammar.

export type ProviderStatus = 'passing' | 'warning' | 'critical' | 'draining'

/** The static part of a line, checked, with every default filled in except where the reader must. */
export interface ProviderLine {
  readonly service: string
  /** Host name and port for join(); undefined where a line gives none: the reader uses the address. */
  readonly id: string | undefined
  readonly protocol: string
  /** Empty for `0.0.0.0`, `::`, `*` or nothing: the reader fills in what it sees at the other end of the pipe. */
  readonly host: string
  readonly port: number
  readonly zone: string
  readonly version: string
  readonly weight: number
  readonly tags: readonly string[]
  readonly meta: Readonly<Record<string, string>>
  readonly status: ProviderStatus
  readonly kind: 'service' | 'member' | 'topic'
  /** Random per process start; tells a restart from a second pipe. */
  readonly boot: string | undefined
  /** The speaker's own id, when it answers for others. */
  readonly by: string | undefined
}

export interface DynamicPart {
  /** 0 = idle, 1 = as much as it can do. */
  readonly load: number | undefined
  readonly inflight: number | undefined
}

export interface AnswerLine {
  /** The static bytes as text: equal text means an equal provider. */
  readonly text: string
  readonly provider: ProviderLine
  readonly dynamic: DynamicPart | undefined
}

export interface RefusedLine {
  /** At most the first 80 characters, control characters escaped. */
  readonly excerpt: string
  readonly reason: string
}

export interface ParsedAnswer {
  readonly lines: readonly AnswerLine[]
  readonly refused: readonly RefusedLine[]
}
