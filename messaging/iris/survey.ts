// A question to all members of a cluster, with their answers as they come: what Iris could not. The round ends when everyone has answered
// or failed, or at its deadline; who is missing is named, with the reason.

import type { Fault } from './frame.ts'
import type { CallContext } from './caller.ts'
import type { Group, GroupMember, GroupWaiter } from './group.ts'
import type { OpenCall, PeerPipe } from './peer-pipe.ts'
import type { PipeWaiter } from './dialling.ts'
import { Deadline } from './deadline-wheel.ts'
import { formatCancel, formatRequestHead } from './frame.ts'

export interface SurveyOptions {
  /** For the whole round, in milliseconds; learning who the members are is part of it. */
  readonly deadlineMs: number
  /** Ends the round at once; what was heard until then stays. */
  readonly signal?: AbortSignal
}

export interface MemberAnswer {
  /** The id of the member. */
  readonly member: string
  /** A view of a receive buffer: copy what is kept. */
  readonly body: Buffer
  /** Question sent to answer read, in milliseconds. */
  readonly roundTripMs: number
}

export interface MissingAnswer {
  readonly member: string
  /** `silent`, `unreachable`, `gone`, `busy`, `not-here`, `not-allowed`, or what its handler failed with. */
  readonly reason: string
}

export interface SurveyOutcome {
  readonly asked: number
  readonly answered: number
  readonly missing: readonly MissingAnswer[]
  readonly durationMs: number
  readonly endedBy: 'complete' | 'deadline' | 'aborted' | 'closed'
}

/** Breaking out of the iteration does not end the round; abort its signal for that. */
export interface ClusterSurvey extends AsyncIterable<MemberAnswer> {
  /** Never rejects. */
  readonly outcome: Promise<SurveyOutcome>
}

export class OpenSurvey extends Deadline implements ClusterSurvey, GroupWaiter {
  readonly outcome: Promise<SurveyOutcome>
  readonly context: CallContext
  readonly group: Group
  readonly question: Uint8Array
  readonly #signal: AbortSignal | undefined
  readonly #startedAtMs: number
  readonly #questions: Question[] = []
  readonly #answers: MemberAnswer[] = []
  #openCount = 0
  #waiting: (() => void)[] = []
  #resolve: (outcome: SurveyOutcome) => void = () => {}
  #isEnded = false

  constructor(context: CallContext, group: Group, question: Uint8Array, { deadlineMs, signal }: SurveyOptions) {
    super()
    this.context = context
    this.group = group
    this.question = question
    this.#signal = signal
    this.#startedAtMs = context.clock.nowMs()
    this.outcome = new Promise((resolve) => {
      this.#resolve = resolve
    })
    context.open.add(this)
    context.wheel.add(this, this.#startedAtMs + deadlineMs)
  }

  start(): this {
    if (this.#signal?.aborted) this.#end('aborted')
    else {
      this.#signal?.addEventListener('abort', this)
      if (this.group.members) this.known()
      else this.group.wait(this)
    }
    return this
  }

  known(): void {
    if (this.#isEnded) return
    for (const member of this.group.members ?? []) this.#questions.push(new Question(this, member))
    this.#openCount = this.#questions.length
    if (this.#openCount === 0) this.#end('complete')
    for (const question of this.#questions) question.ask()
  }

  answered(answer: MemberAnswer): void {
    this.#answers.push(answer)
    this.#wake()
    this.missed()
  }

  /** One question fewer is open. */
  missed(): void {
    this.#openCount -= 1
    if (this.#openCount === 0) this.#end('complete')
  }

  override expired(): void {
    this.#end('deadline')
  }

  handleEvent(): void {
    this.#end('aborted')
  }

  close(): void {
    this.#end('closed')
  }

  async *[Symbol.asyncIterator](): AsyncIterator<MemberAnswer> {
    for (let at = 0; ; at += 1) {
      while (at >= this.#answers.length) {
        if (this.#isEnded) return
        await new Promise<void>((resolve) => this.#waiting.push(resolve))
      }
      const answer = this.#answers[at]
      if (answer) yield answer
    }
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }

  #end(endedBy: SurveyOutcome['endedBy']): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.context.wheel.remove(this)
    this.context.open.delete(this)
    this.group.unwait(this)
    this.#signal?.removeEventListener('abort', this)
    const missing: MissingAnswer[] = []
    for (const question of this.#questions) {
      const reason = question.end()
      if (reason !== undefined) missing.push({ member: question.member.member.id, reason })
    }
    this.#wake()
    this.#resolve({
      asked: this.#questions.length,
      answered: this.#answers.length,
      missing,
      durationMs: this.context.clock.nowMs() - this.#startedAtMs,
      endedBy,
    })
  }
}

/** The question to one member. */
class Question implements OpenCall, PipeWaiter {
  readonly member: GroupMember
  readonly #survey: OpenSurvey
  #pipe: PeerPipe | undefined
  #id = 0
  #sentAtMs = 0
  #reason: string | undefined = 'silent'
  #isOver = false

  constructor(survey: OpenSurvey, member: GroupMember) {
    this.#survey = survey
    this.member = member
  }

  ask(): void {
    const { context, group } = this.#survey
    context.peers.reach(this.member.member.address, group.name, this)
  }

  ready(pipe: PeerPipe): void {
    if (this.#isOver) return
    const { context, group, question, deadlineAtMs } = this.#survey
    if (pipe.isFull) return this.#missed('busy')
    this.#pipe = pipe
    this.#id = context.nextId()
    this.#sentAtMs = context.clock.nowMs()
    pipe.calls.set(this.#id, this)
    pipe.traffic.sent += 1
    group.traffic.sent += 1
    group.traffic.inFlight += 1
    pipe.traffic.inFlight += 1
    pipe.send(formatRequestHead(true, this.#id, deadlineAtMs - this.#sentAtMs, group.nameBytes), question)
  }

  unreachable(): void {
    this.#missed('unreachable')
  }

  replied(_load: number, body: Buffer): void {
    const { context, group } = this.#survey
    const roundTripMs = context.clock.nowMs() - this.#sentAtMs
    group.traffic.received += 1
    group.traffic.latency.record(roundTripMs)
    this.#pipe?.traffic.latency.record(roundTripMs)
    if (this.#pipe) this.#pipe.traffic.received += 1
    this.#reason = undefined
    this.#release()
    this.#survey.answered({ member: this.member.member.id, body, roundTripMs })
  }

  faulted({ cause, text }: Fault): void {
    this.#missed(cause === 'handler' ? text : cause)
  }

  lost(): void {
    this.#missed('gone')
  }

  /** The round is over: why this one has no answer, if it has none. */
  end(): string | undefined {
    if (this.#isOver) return this.#reason
    if (this.#pipe?.calls.delete(this.#id)) this.#pipe.send(formatCancel(this.#id))
    this.#release()
    return this.#reason
  }

  #missed(reason: string): void {
    if (this.#isOver) return
    this.#reason = reason
    this.#survey.group.traffic.drop(reason === 'unreachable' || reason === 'gone' ? reason : 'no-answer')
    this.#release()
    this.#survey.missed()
  }

  #release(): void {
    this.#isOver = true
    const pipe = this.#pipe
    if (!pipe) return
    this.#pipe = undefined
    this.#survey.group.traffic.inFlight -= 1
    pipe.traffic.inFlight -= 1
    this.#survey.context.peers.settled(pipe)
  }
}
