// What `npm run bench --` is told: which scenarios, and how. What is wrong is said in one line, with what is accepted; nothing is run then.

import type { RunChoices, Scenario } from './scenario.ts'
import { parseArgs } from 'node:util'

export interface CommandLine extends RunChoices {
  readonly scenarios: readonly Scenario[]
  /** Where results are written as JSON. */
  readonly json?: string
}

export interface Offer {
  readonly scenarios: readonly Scenario[]
  /** Beside other systems: longer, and not among `all`. */
  readonly comparisons: readonly Scenario[]
}

export type Reading =
  | { readonly kind: 'run'; readonly commandLine: CommandLine }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'wrong'; readonly text: string }

/** Of whatever compares systems that can be chosen, and of no other scenario. */
const ofComparisons = ['folder', 'resume', 'redo', 'peers', 'measure', 'profile'] as const
const defaultFolder = 'bench-results'
const quickFolder = 'bench-results-quick'

export function readCommandLine(args: readonly string[], offer: Offer): Reading {
  try {
    return understand(args, offer)
  } catch (error) {
    if (!(error instanceof WrongUse) && !isParseError(error)) throw error
    return { kind: 'wrong', text: `${error.message}\nnpm run bench -- --help says what is accepted.` }
  }
}

class WrongUse extends Error {}

/** Of parseArgs: an option that there is not, or one without its value. */
function isParseError(error: unknown): error is Error {
  return error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
}

function understand(args: readonly string[], offer: Offer): Reading {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
      folder: { type: 'string' },
      resume: { type: 'boolean', default: false },
      redo: { type: 'boolean', default: false },
      peers: { type: 'string' },
      measure: { type: 'string', multiple: true, default: [] },
      profile: { type: 'string' },
    },
  })
  if (values.help || args.length === 0) return { kind: 'help', text: describe(offer) }
  for (const name of ['json', 'folder', 'peers', 'profile'] as const)
    if (values[name]?.trim() === '') throw new WrongUse(`--${name} has no value`)
  const scenarios = chooseScenarios(positionals, offer)
  const comparisons = scenarios.filter(({ compares }) => compares)
  const given = ofComparisons.find((name) => (Array.isArray(values[name]) ? values[name].length > 0 : values[name]))
  if (given !== undefined && comparisons.length === 0)
    throw new WrongUse(`--${given} is for ${namesOf(offer.comparisons.filter(({ compares }) => compares))} alone`)
  if (values.profile !== undefined && (values.folder !== undefined || values.resume || values.redo))
    throw new WrongUse('--profile has a folder of its own: what is measured under a profiler is not kept with the rest')
  const only = values.peers?.split(',').map((name) => name.trim())
  for (const name of only ?? []) checkPeer(name, comparisons)
  for (const part of values.measure) checkMeasure(part, comparisons, values.quick)
  return {
    kind: 'run',
    commandLine: {
      scenarios,
      isQuick: values.quick,
      isResumed: values.resume || values.redo,
      isRedone: values.redo,
      folder: values.profile ?? values.folder ?? (values.quick ? quickFolder : defaultFolder),
      measure: values.measure,
      ...(only === undefined ? {} : { only }),
      ...(values.profile === undefined ? {} : { isProfiled: true }),
      ...(values.json === undefined ? {} : { json: values.json }),
    },
  }
}

function chooseScenarios(names: readonly string[], { scenarios, comparisons }: Offer): readonly Scenario[] {
  const every = [...scenarios, ...comparisons]
  const unknown = names.filter((name) => name !== 'all' && !every.some((scenario) => scenario.name === name))
  if (unknown.length > 0)
    throw new WrongUse(`no such scenario: ${unknown.join(', ')}; there are ${namesOf(every)}, and all`)
  const chosen = every.filter(
    (scenario) => names.includes(scenario.name) || (names.includes('all') && scenarios.includes(scenario)),
  )
  if (chosen.length === 0) throw new WrongUse(`which scenario? There are ${namesOf(every)}, and all`)
  return chosen
}

function checkPeer(name: string, comparisons: readonly Scenario[]): void {
  const known = comparisons.flatMap(({ compares }) => compares?.peers ?? [])
  if (!known.includes(name)) throw new WrongUse(`--peers: no such system: '${name}'; there are ${known.join(', ')}`)
}

function checkMeasure(part: string, comparisons: readonly Scenario[], isQuick: boolean): void {
  const known = comparisons.flatMap(({ compares }) => compares?.measurements(isQuick) ?? [])
  if (part.trim() === '' || !known.some((name) => name.includes(part)))
    throw new WrongUse(`--measure: nothing has '${part}' in its name; there are ${known.join('; ')}`)
}

function namesOf(scenarios: readonly Scenario[]): string {
  return scenarios.map(({ name }) => name).join(', ')
}

function describe({ scenarios, comparisons }: Offer): string {
  const list = (some: readonly Scenario[]) =>
    some.map(({ name, description }) => `  ${name.padEnd(20)} ${description}`).join('\n')
  return `npm run bench -- [--quick] [--json FILE] NAME… | all

  --quick              a short form, to see that it works
  --json FILE          the tables as JSON, too

${list(scenarios)}

Beside other systems, and not among all:

${list(comparisons)}

  --folder FOLDER      where results are kept; default: ${defaultFolder}, and ${quickFolder} of --quick
  --resume             goes on with what is in the folder: measures what is missing
  --redo               measures again what --peers and --measure choose, and keeps the rest of the folder
  --peers NAME,…       only these systems
  --measure TEXT       only what has this in its name; may be given several times
  --profile FOLDER     a CPU profile of each end in Node; results go there, too

Exit code 0: all was measured; 1: something failed; 2: wrong use.`
}
