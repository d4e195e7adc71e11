// `rollcall survey ADDRESS [QUESTION]`: puts one question to everything that speaks RESPONDENT at an address, and prints the
// answers as they come. Ends when everyone asked has answered, or at the deadline; then says who did not.

import { isUtf8 } from 'node:buffer'

import { Command, InvalidArgumentError } from 'commander'
import type { Engine, Pipe, RoundOutcome, SurveyAnswer, Surveyor } from '../messaging/sp/engine.ts'
import { formatDuration, readDurationMs } from './terminal/duration.ts'
import { engineVariables, openEngineOf } from './asking/engine.ts'
import { formatVariables } from './terminal/environment-help.ts'
import type { ExitCode } from './terminal/exit-code.ts'
import { exitCodes } from './terminal/exit-code.ts'
import type { Terminal } from './terminal/terminal.ts'
import { printable } from './terminal/terminal.ts'

interface SurveyCommandOptions {
  readonly listen?: true
  readonly deadline: number
  readonly wait?: number
  readonly expect?: number
  readonly json?: true
}

/** The question of the roll call: DESIGN.md section 4. */
const defaultQuestion = 'service query'

/** A respondent that lost its surveyor dials again after 2 s at the latest, so a listener waits a little longer. */
const waitMs = Object.freeze({ dialing: 1000, listening: 3000 })

export function createSurveyCommand(terminal: Terminal): Command {
  return new Command('survey')
    .description('ask everything that speaks RESPONDENT at an address, and print the answers as they come')
    .argument('<address>', 'tcp://host:port or ipc:///path to dial')
    .argument('[question]', 'what to ask', defaultQuestion)
    .option('--listen', 'listen at the address instead: respondents dial in (tcp://*:port for every interface)')
    .option('--deadline <duration>', 'how long each respondent may take', readDurationMs, 1000)
    .option('--wait <duration>', 'how long to wait for respondents to connect (1s; with --listen 3s)', readDurationMs)
    .option('--expect <count>', 'ask as soon as so many are connected; fewer answers are exit code 3', readCount)
    .option('--json', 'print every answer, then the outcome, each as one line of JSON')
    .addHelpText(
      'after',
      `
Answers go to stdout, the summary to stderr. The engine nanomsg cannot say who answered.

Environment:
${formatVariables(engineVariables)}

Examples:
  rollcall survey tcp://10.0.0.7:5555
  rollcall survey tcp://*:5555 --listen --expect 3
  rollcall survey ipc:///tmp/sensors 'temperature?' --deadline 250ms --json`,
    )
    .action(async (address: string, question: string, options: SurveyCommandOptions) => {
      const engine = openEngineOf(terminal.env)
      try {
        terminal.finish(await survey(terminal, await engine.open(), address, question, options))
      } finally {
        await engine.close()
      }
    })
}

function readCount(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('A count is a whole number from 1.')
  return Number(text)
}

async function survey(
  terminal: Terminal,
  engine: Engine,
  address: string,
  question: string,
  options: SurveyCommandOptions,
): Promise<ExitCode> {
  const signal = terminal.untilSignal()
  // One address that is dialled is one peer; who listens cannot know how many are still to come.
  const crowd = createCrowd(options.expect ?? (options.listen ? Number.POSITIVE_INFINITY : 1))
  const surveyor = engine.createSurveyor({ onAttach: crowd.join })
  if (options.listen) {
    const listener = await engine.listen(address, surveyor)
    terminal.note(`listening at ${listener.address}`)
  } else {
    engine.dial(address, surveyor)
  }
  const limitMs = options.wait ?? (options.listen ? waitMs.listening : waitMs.dialing)
  await crowd.gathered(limitMs, signal)
  signal.throwIfAborted()
  if (engine.features.pipeEvents && surveyor.pipes.size === 0) {
    terminal.note(`rollcall: nobody connected ${options.listen ? 'to' : 'at'} ${address} within ${limitMs} ms`)
    if (options.json) printOutcome(terminal, undefined)
    return exitCodes.nobody
  }
  const outcome = await ask(terminal, surveyor, question, options, signal)
  if (options.json) printOutcome(terminal, outcome)
  else for (const line of summarize(outcome, options.deadline)) terminal.note(line)
  return outcome.answered >= (options.expect ?? 1) ? exitCodes.ok : exitCodes.nobody
}

/** Waits for so many respondents. An engine without pipe events tells of none: then the whole wait passes. */
function createCrowd(expected: number): {
  join: () => void
  gathered: (limitMs: number, signal: AbortSignal) => Promise<void>
} {
  let connected = 0
  let leave: (() => void) | undefined
  return {
    join() {
      connected += 1
      if (connected >= expected) leave?.()
    },
    gathered: (limitMs, signal) =>
      new Promise((resolve) => {
        const timer = setTimeout(() => leave?.(), limitMs)
        leave = () => {
          clearTimeout(timer)
          resolve()
        }
        if (connected >= expected || signal.aborted) leave()
        signal.addEventListener('abort', leave, { once: true })
      }),
  }
}

async function ask(
  terminal: Terminal,
  surveyor: Surveyor,
  question: string,
  options: SurveyCommandOptions,
  signal: AbortSignal,
): Promise<RoundOutcome> {
  const round = surveyor.survey(Buffer.from(question), { deadlineMs: options.deadline, signal })
  for await (const answer of round) {
    if (options.json) terminal.print(JSON.stringify(describeAnswer(answer)))
    else for (const line of formatAnswer(terminal, answer)) terminal.print(line)
  }
  return round.outcome
}

function nameOf(pipe: Pipe | undefined): string {
  if (pipe?.remote !== undefined) {
    const { host, port } = pipe.remote
    return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
  }
  return pipe === undefined ? 'someone' : `pipe ${pipe.id}`
}

function formatAnswer(terminal: Terminal, answer: SurveyAnswer): string[] {
  const from = `${nameOf(answer.pipe)} (${formatDuration(answer.roundTripMs)})`
  if (answer.body.length === 0) return [`${terminal.paint('green', from)}: ${terminal.paint('dim', 'an empty answer')}`]
  const lines = answer.body
    .toString()
    .replace(/\r?\n$/, '')
    .split(/\r?\n/)
  return lines.map((line) => `${terminal.paint('green', from)}: ${printable(line)}`)
}

function describeAnswer(answer: SurveyAnswer): object {
  const { body, roundTripMs } = answer
  const content = isUtf8(body) ? { answer: body.toString() } : { answerBase64: body.toString('base64') }
  return { type: 'answer', from: answer.pipe === undefined ? null : nameOf(answer.pipe), ...content, roundTripMs }
}

function printOutcome(terminal: Terminal, outcome: RoundOutcome | undefined): void {
  const { asked, answered, missing, late, durationMs, endedBy } = outcome ?? emptyOutcome
  const names = missing.map(nameOf)
  terminal.print(
    JSON.stringify({ type: 'outcome', asked: asked ?? null, answered, missing: names, late, durationMs, endedBy }),
  )
}

/** Of a question that was put to nobody. */
const emptyOutcome: RoundOutcome = Object.freeze({
  asked: 0,
  answered: 0,
  missing: [],
  skipped: [],
  late: 0,
  durationMs: 0,
  endedBy: 'complete',
})

function summarize(outcome: RoundOutcome, deadlineMs: number): string[] {
  const { asked, answered, missing, durationMs, endedBy } = outcome
  const of = asked === undefined ? '' : ` of ${asked}`
  const ending: Readonly<Record<RoundOutcome['endedBy'], string>> = {
    complete: 'everyone asked has answered or left',
    deadline: `ended by the deadline of ${formatDuration(deadlineMs)}`,
    aborted: 'interrupted',
    closed: 'closed',
  }
  const summary = `${answered}${of} answered in ${formatDuration(durationMs)}; ${ending[endedBy]}`
  return missing.length === 0 ? [summary] : [summary, `no answer from ${missing.map(nameOf).join(', ')}`]
}
