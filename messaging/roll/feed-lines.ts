// The feed as text, as the daemon writes it and followers read it: one line that says where it stands, then one line for each
// instance. messaging/PROTOCOL.md has the grammar. Reading throws nothing, whatever comes.

import type { ProviderLine } from './answer.ts'
import { readAnswer } from './answer.ts'

export const groupKinds = ['service', 'member', 'topic'] as const

export type GroupKind = (typeof groupKinds)[number]

/** Where a follower is: a sequence means something within its epoch alone. */
export interface FeedPosition {
  readonly epoch: string
  readonly sequence: number
}

export interface FeedInstance extends ProviderLine {
  readonly id: string
  readonly state: 'alive' | 'suspect'
}

export interface FeedReply {
  readonly position: FeedPosition
  /** `snapshot`: these are all. `changes`: the others are as they were. */
  readonly form: 'snapshot' | 'changes'
  /** As they are now. */
  readonly present: readonly FeedInstance[]
  /** Ids of those who have left. */
  readonly left: readonly string[]
}

/** What a follower asks with; without a position it knows nothing yet. */
export function formatFollow(kind: GroupKind, name: string, position: FeedPosition | undefined): string {
  return `follow ${kind} ${name}${position ? ` ${position.epoch} ${position.sequence}` : ''}`
}

/** The lines are those of an answer to the roll call, static part only. */
export function formatFeed(
  { epoch, sequence }: FeedPosition,
  form: FeedReply['form'],
  present: readonly { readonly state: FeedInstance['state']; readonly line: string }[],
  left: readonly string[],
): string {
  const lines = present.map(({ state, line }) => `+ ${state} ${line}`)
  return [`${epoch} ${sequence} ${form}`, ...lines, ...left.map((id) => `- ${id}`)].join('\n')
}

/** Undefined when it is not a feed: an error of the daemon, or of a later version. A line that cannot be read costs no other. */
export function readFeed(body: Buffer): FeedReply | undefined {
  const [head = '', ...lines] = body.toString().split('\n')
  const [, epoch, digits, form] = /^([0-9a-f]+) (\d{1,15}) (snapshot|changes)$/.exec(head) ?? []
  if (epoch === undefined || (form !== 'snapshot' && form !== 'changes')) return undefined
  const present: FeedInstance[] = []
  const left: string[] = []
  for (const line of lines) {
    if (line.startsWith('- ')) left.push(line.slice(2))
    const instance = readInstance(line)
    if (instance) present.push(instance)
  }
  return { position: { epoch, sequence: Number(digits) }, form, present, left }
}

function readInstance(line: string): FeedInstance | undefined {
  const [, state, text] = /^\+ (alive|suspect) (.*)$/.exec(line) ?? []
  if (text === undefined || (state !== 'alive' && state !== 'suspect')) return undefined
  const provider = readAnswer(Buffer.from(text)).lines[0]?.provider
  return provider?.id === undefined ? undefined : { ...provider, id: provider.id, state }
}
