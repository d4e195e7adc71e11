// The feed as text, as the daemon writes it and followers read it: one line that says where it stands, then one line for each
// instance. messaging/PROTOCOL.md has the grammar. Reading throws nothing, whatever comes.

import type { ProviderLine } from './answer.ts'
import type { Choosable } from './choose.ts'
import { readAnswer } from './answer.ts'
import { formatProviderAddress } from './provider-address.ts'

export const groupKinds = ['service', 'member', 'topic'] as const

export type GroupKind = (typeof groupKinds)[number]

/** Where a follower is: a sequence means something within its epoch alone. */
export interface FeedPosition {
  readonly epoch: string
  readonly sequence: number
}

export interface FeedInstance extends ProviderLine {
  readonly id: string
  /** protocol://host:port */
  readonly address: string
  readonly state: 'alive' | 'suspect'
  /** Its connection to the daemon is closed: the last to be handed out. */
  readonly detached: boolean
}

/** One word for what a choice needs to know. */
const feedStates = ['alive', 'suspect', 'detached'] as const

type FeedState = (typeof feedStates)[number]

export function feedState({ state, detached }: Pick<Choosable, 'state' | 'detached'>): FeedState {
  return state === 'suspect' && detached ? 'detached' : state
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
  present: readonly { readonly state: FeedState; readonly line: string }[],
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
  const [, word, text] = /^\+ ([a-z]+) (.*)$/.exec(line) ?? []
  const state = feedStates.find((known) => known === word)
  if (text === undefined || state === undefined) return undefined
  const provider = readAnswer(Buffer.from(text)).lines[0]?.provider
  if (provider?.id === undefined) return undefined
  return Object.freeze({
    ...provider,
    id: provider.id,
    address: formatProviderAddress(provider),
    state: state === 'alive' ? state : 'suspect',
    detached: state === 'detached',
  })
}
