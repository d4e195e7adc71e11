// What could stand at the end of a command line, from the program's own commands and options: what is added to them is completed
// without a word here. Pure; names on the roll and files are for others to find.

import type { Argument, Command, Option } from 'commander'

export interface Candidate {
  readonly value: string
  readonly description: string
}

export interface Completion {
  readonly candidates: readonly Candidate[]
  /** What else fits there. */
  readonly wants: 'SERVICE_NAME' | 'FILE' | 'NOTHING'
}

const nothing: Completion = Object.freeze({ candidates: [], wants: 'NOTHING' })

/** `words` follow the name of the program; the last is under the cursor, and may be empty. */
export function complete(program: Command, words: readonly string[]): Completion {
  const current = words.at(-1) ?? ''
  const { command, position, pending } = readLine(program, words.slice(0, -1))
  const found = pending === undefined ? completeWord(command, position, current) : completeValue(pending)
  return { ...found, candidates: found.candidates.filter(({ value }) => value.startsWith(current)) }
}

interface LineReading {
  readonly command: Command
  /** How many arguments of the command stand before the cursor. */
  readonly position: number
  /** The option whose value comes next. */
  readonly pending: Option | undefined
}

function readLine(program: Command, words: readonly string[]): LineReading {
  let command = program
  let position = 0
  let pending: Option | undefined
  for (const word of words) {
    if (pending !== undefined) {
      pending = undefined
    } else if (word.startsWith('-') && word !== '-') {
      const option = command.options.find(({ short, long }) => word === short || word === long)
      pending = option?.required ? option : undefined
    } else {
      const nested = position === 0 ? command.commands.find((one) => one.name() === word) : undefined
      if (nested === undefined) position += 1
      else command = nested
    }
  }
  return { command, position, pending }
}

function completeWord(command: Command, position: number, current: string): Completion {
  const help = command.createHelp()
  if (current.startsWith('-')) {
    const candidates = help.visibleOptions(command).flatMap(({ short, long, description }) => {
      const flags = [long, short].filter((flag) => flag !== undefined)
      return flags.map((value) => ({ value, description }))
    })
    return { candidates, wants: 'NOTHING' }
  }
  if (command.commands.length > 0 && position === 0) {
    const candidates = help
      .visibleCommands(command)
      .map((one) => ({ value: one.name(), description: one.description() }))
    return { candidates, wants: 'NOTHING' }
  }
  const argument =
    command.registeredArguments[position] ?? command.registeredArguments.findLast(({ variadic }) => variadic)
  return argument === undefined ? nothing : completeArgument(argument)
}

function completeArgument(argument: Argument): Completion {
  return describe(argument.argChoices, argument.name())
}

function completeValue({ argChoices, flags }: Option): Completion {
  return describe(argChoices, /[<[]([^>\]]+)[>\]]/.exec(flags)?.[1] ?? '')
}

/** By what a value is called in the help. */
function describe(choices: readonly string[] | undefined, name: string): Completion {
  if (choices !== undefined)
    return { candidates: choices.map((value) => ({ value, description: '' })), wants: 'NOTHING' }
  if (name === 'name') return { candidates: [], wants: 'SERVICE_NAME' }
  return { candidates: [], wants: name === 'file' ? 'FILE' : 'NOTHING' }
}
