// Environment variables as a table for `--help`, from the same tables that the environment is read by.

import type { Variables } from '../../messaging/roll/variable.ts'
import { formatTable } from './table.ts'

/** Of a description; with the columns before it, a line is about as wide as a usual terminal is. */
const maxWidth = 72

export function formatVariables(variables: Variables): string {
  const rows = Object.entries(variables).flatMap(([name, variable]) => {
    const [first = '', ...rest] = wrap(variable.description)
    return [[`  ${name}`, variable.default || '-', first], ...rest.map((line) => ['', '', line])]
  })
  return formatTable(['  VARIABLE', 'DEFAULT', ''], rows).join('\n')
}

function wrap(text: string): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= maxWidth) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
