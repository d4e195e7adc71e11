// The SP door: lookups as REQ/REP on the port that the surveys use, so that a C program with nanomsg needs no HTTP.
// Promises one answer to whatever is asked: what was asked for, or one line `error CODE-IN-KEBAB sentence`.

import type { Handler, QuestionContext } from '../../../messaging/sp/engine.ts'
import type { GroupKind } from '../../../messaging/roll/feed-lines.ts'
import { groupKinds } from '../../../messaging/roll/feed-lines.ts'
import { readServiceName } from '../../../messaging/roll/name.ts'
import type { Parameters } from '../choice-filter.ts'
import { filterNames, readFilter } from '../choice-filter.ts'
import type { ProblemCode } from '../problem.ts'
import { createRefusal, createWarmingUp } from '../problem.ts'
import type { RollReader } from '../roll-reader.ts'
import type { Feed } from './feed.ts'
import { writeRoll } from './roll-lines.ts'

interface SpProblem {
  readonly code: ProblemCode | 'UNKNOWN_VERB' | 'UNKNOWN_ID' | 'LIMITED' | 'TOO_LARGE'
  readonly message: string
}

interface Question {
  readonly words: readonly string[]
  /** What the limit of hints is kept by. */
  readonly askedBy: object
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal
}

type Answer = string | SpProblem
type Verb = (sources: Sources, question: Question) => Answer | Promise<Answer>

interface Sources {
  readonly reader: RollReader
  readonly feed: Feed
}

/** Longer than any question that has an answer; what is longer is not worth decoding. */
const maxQuestionBytes = 4096

const usage = Object.freeze({
  resolve: `resolve NAME ${filterNames.map((name) => `[${name}=…]`).join(' ')}: NAME|address of one live provider`,
  services: 'services [NAME]: one line per provider, as in an answer to the roll call',
  ask: 'ask ID: asks whoever carries this id at once who is here; ok',
  follow: 'follow KIND NAME [EPOCH SEQUENCE]: who is of this service, member or topic, now and at each change since',
  help: 'help: this list',
})

const verbs: Readonly<Record<keyof typeof usage, Verb>> = Object.freeze({
  resolve({ reader }, { words }) {
    const [text, ...pairs] = words
    if (text === undefined) return { code: 'BAD_QUERY', message: `usage: ${usage.resolve}` }
    const named = readServiceName(text)
    if ('reason' in named) return { code: 'BAD_NAME', message: named.reason }
    const read = readFilter(readPairs(pairs))
    if ('reason' in read) return { code: 'BAD_QUERY', message: read.reason }
    const choice = reader.lookup(named.name, read.filter)
    if (choice.outcome === 'PROVIDER') return `${named.name}|${choice.instance.address}`
    return createRefusal(named.name, choice)
  },

  services({ reader }, { words }) {
    const [text, ...rest] = words
    if (rest.length > 0) return { code: 'BAD_QUERY', message: `usage: ${usage.services}` }
    const named = text === undefined ? undefined : readServiceName(text)
    if (named !== undefined && 'reason' in named) return { code: 'BAD_NAME', message: named.reason }
    // A list says who is not here as well, and a line has no room for "as far as is known".
    if (!reader.isReady) return createWarmingUp(reader.retryAfterMs)
    const names = named === undefined ? reader.services() : [named.name]
    const instances = names.flatMap((name) => reader.instances(name))
    if (named !== undefined && instances.length === 0) {
      return createRefusal(named.name, { outcome: 'UNKNOWN_SERVICE' })
    }
    return writeRoll(instances) ?? describeTooLarge(instances.length, named === undefined)
  },

  ask({ reader }, { words, askedBy }) {
    const [id, ...rest] = words
    if (id === undefined || rest.length > 0) return { code: 'BAD_QUERY', message: `usage: ${usage.ask}` }
    const outcome = reader.ask(id, askedBy)
    if (outcome === 'ASKED') return 'ok'
    if (outcome === 'LIMITED')
      return { code: 'LIMITED', message: 'too many hints from this peer; the next round asks everyone anyway' }
    return { code: 'UNKNOWN_ID', message: `nobody on the roll answers for ${quote(id)}` }
  },

  async follow({ reader, feed }, { words, signal }) {
    const [kind, text, epoch, digits, ...rest] = words
    const isPosition = epoch === undefined || (/^[0-9a-f]{1,32}$/.test(epoch) && /^\d{1,15}$/.test(digits ?? ''))
    if (!isGroupKind(kind) || text === undefined || !isPosition || rest.length > 0)
      return { code: 'BAD_QUERY', message: `usage: ${usage.follow}` }
    const named = readServiceName(text)
    if ('reason' in named) return { code: 'BAD_NAME', message: named.reason }
    const position = epoch === undefined ? undefined : { epoch, sequence: Number(digits) }
    const followed = await feed.follow(kind, named.name, position, signal)
    if ('reply' in followed) return followed.reply
    if (followed.outcome === 'WARMING_UP') return createWarmingUp(reader.retryAfterMs)
    return { code: 'TOO_LARGE', message: `what is known of ${named.name} does not fit into one answer` }
  },

  help: () => Object.values(usage).join('\n'),
})

/** Answers questions of the form `verb words…`, separated by blanks. For a Replier on the daemon's shared port. */
export function createSpLookup(reader: RollReader, feed: Feed): Handler {
  const unknownPipe = {}
  const sources = { reader, feed }
  return (body, context) => {
    const answer = answerQuestion(sources, body, context, context.pipe ?? unknownPipe)
    return answer instanceof Promise ? answer.then(formatAnswer) : formatAnswer(answer)
  }
}

function formatAnswer(answer: Answer): Buffer {
  return Buffer.from(typeof answer === 'string' ? answer : formatProblem(answer))
}

function isGroupKind(text: string | undefined): text is GroupKind {
  return groupKinds.some((kind) => kind === text)
}

function answerQuestion(
  sources: Sources,
  body: Buffer,
  context: QuestionContext,
  askedBy: object,
): Answer | Promise<Answer> {
  if (body.length > maxQuestionBytes) {
    return { code: 'BAD_REQUEST', message: `a question has at most ${maxQuestionBytes} bytes` }
  }
  const text = decode(body)
  if (text === undefined) return { code: 'BAD_REQUEST', message: 'the question is not UTF-8' }
  const [verb = '', ...words] = text.split(/\s+/).filter((word) => word !== '')
  if (!isVerb(verb)) return { code: 'UNKNOWN_VERB', message: `${quote(verb)} is none of ${verbNames}` }
  return verbs[verb](sources, {
    words,
    askedBy,
    // Made for those who wait, and not for each lookup.
    get signal() {
      return context.signal
    },
  })
}

const verbNames = Object.keys(verbs).join(', ')

function isVerb(text: string): text is keyof typeof verbs {
  return Object.hasOwn(verbs, text)
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function decode(body: Buffer): string | undefined {
  // C programs like to send the NUL that ends their string.
  const end = body.at(-1) === 0 ? -1 : body.length
  try {
    return utf8.decode(body.subarray(0, end))
  } catch {
    return undefined
  }
}

/** `key=value` words as parameters; a word without `=` is a parameter that nobody knows, and is refused as such. */
function readPairs(words: readonly string[]): Parameters {
  const values = new Map<string, string[]>()
  for (const word of words) {
    const at = word.indexOf('=')
    const key = at === -1 ? word : word.slice(0, at)
    values.set(key, [...(values.get(key) ?? []), at === -1 ? '' : word.slice(at + 1)])
  }
  return Object.fromEntries([...values].map(([key, list]) => [key, list.length === 1 ? list[0] : list]))
}

function describeTooLarge(count: number, canNarrow: boolean): SpProblem {
  const advice = canNarrow ? '`services NAME`, or GET /services over HTTP' : 'GET /services/NAME over HTTP'
  return { code: 'TOO_LARGE', message: `${count} providers do not fit into one answer; ask ${advice}` }
}

/** What was asked, safe and short enough to stand in one line. */
function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
}

function formatProblem({ code, message }: SpProblem): string {
  return `error ${code.toLowerCase().replaceAll('_', '-')} ${message}`
}
