// Tables for people: columns as wide as their widest cell, two spaces apart, nothing after the last.
// Programs are given JSON instead; no promise is made about the spacing here.

import { widthOf } from './terminal.ts'

/** One line for the headings and one for each row; short rows are filled up with empty cells. */
export function formatTable(headings: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = headings.map((heading, column) =>
    Math.max(widthOf(heading), ...rows.map((row) => widthOf(row[column] ?? ''))),
  )
  const formatRow = (cells: readonly string[]): string =>
    widths
      .map((width, column) => {
        const cell = cells[column] ?? ''
        return cell + ' '.repeat(width - widthOf(cell))
      })
      .join('  ')
      .trimEnd()
  return [headings, ...rows].map(formatRow)
}

/** The same without the columns in which no row has anything. */
export function formatSparseTable(headings: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const isUsed = headings.map((_heading, column) => rows.some((row) => (row[column] ?? '') !== ''))
  const pick = (cells: readonly string[]): string[] => cells.filter((_cell, column) => isUsed[column])
  return formatTable(
    pick(headings),
    rows.map((row) => pick(row)),
  )
}
