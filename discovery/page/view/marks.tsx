// The marks of states and news: each has a shape of its own, so that none is told by colour alone. Beside a word always; to those who
// hear the page the word is enough.

import type { Condition } from '../roll/condition.ts'
import type { NewsType } from '../roll/history.ts'

/** In a square of 16. */
const conditionPaths: Readonly<Record<Condition, string>> = Object.freeze({
  // A full disc, a triangle, an arrow down, half a disc, a square with a cross cut out.
  alive: 'M8 3a5 5 0 1 1 0 10A5 5 0 0 1 8 3Z',
  warning: 'M8 2.500 14 13.500H2Z',
  draining: 'M6.600 2.500h2.800v5.500h3.600L8 13.500 3 8h3.600Z',
  suspect: 'M8 2.500a5.500 5.500 0 1 1 0 11 5.500 5.500 0 0 1 0-11ZM8 4v8a4 4 0 0 0 0-8Z',
  critical:
    'M3 2.500h10a.5.5 0 0 1 .5.5v10a.5.5 0 0 1-.5.5H3a.5.5 0 0 1-.5-.5V3a.5.5 0 0 1 .5-.5ZM5.600 4.500 4.500 5.600 6.900 8 4.500 10.400l1.100 1.100L8 9.100l2.400 2.400 1.100-1.100L9.100 8l2.400-2.400-1.100-1.100L8 6.900Z',
})

const newsPaths: Readonly<Record<NewsType, string>> = Object.freeze({
  joined: 'M7 3h2v4h4v2H9v4H7V9H3V7h4Z',
  left: 'M3 7h10v2H3Z',
  updated: 'M3 5h8V3l3 3-3 3V7H3Zm10 6H5v2l-3-3 3-3v2h8Z',
  suspected: conditionPaths.suspect,
  recovered: 'M6.300 12.500 2.500 8.700l1.400-1.400 2.400 2.400 5.800-5.800 1.400 1.400Z',
  draining: conditionPaths.draining,
  restarted: 'M8 3V1l3.500 3L8 7V5a3.500 3.500 0 1 0 3.500 3.500h2A5.500 5.500 0 1 1 8 3Z',
  lost: 'm4 2.800 4 4 4-4L13.200 4l-4 4 4 4-1.200 1.200-4-4-4 4L2.800 12l4-4-4-4Z',
  found: 'M6.300 12.500 2.500 8.700l1.400-1.400 2.400 2.400 5.800-5.800 1.400 1.400Z',
})

function Mark({ name, path }: { readonly name: string; readonly path: string }) {
  return (
    <svg class={`mark is-${name}`} viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
      <path d={path} fill-rule="evenodd" fill="currentColor" />
    </svg>
  )
}

export function ConditionMark({ condition }: { readonly condition: Condition }) {
  return <Mark name={condition} path={conditionPaths[condition]} />
}

export function NewsMark({ type }: { readonly type: NewsType }) {
  return <Mark name={type} path={newsPaths[type]} />
}

export function Chevron({ isOpen }: { readonly isOpen: boolean }) {
  return (
    <svg class={isOpen ? 'chevron is-open' : 'chevron'} viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path
        d="m6 3.500 4.500 4.500L6 12.500"
        fill="none"
        stroke="currentColor"
        stroke-width="1.600"
        stroke-linecap="round"
      />
    </svg>
  )
}
