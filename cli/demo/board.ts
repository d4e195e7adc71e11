// The demo's live table: the roll as the daemon has it now, beside the processes that run, with the latest news and what
// to try. Pure: it gives lines, the screen draws them.

import type { Instance } from '../../discovery/registry/instance.ts'
import { formatTable } from '../terminal/table.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { printable } from '../terminal/terminal.ts'
import type { Member } from './fleet.ts'

export interface BoardView {
  readonly instances: readonly Instance[]
  readonly members: readonly Member[]
  /** Latest last. */
  readonly news: readonly string[]
  readonly toTry: readonly string[]
  readonly round: number
  readonly isFrozen: boolean
  readonly rows: number
}

type Paint = Terminal['paint']

/** At most `rows` lines, as many of the news as fit. */
export function formatBoard(view: BoardView, paint: Paint): string[] {
  const frozen = view.isFrozen ? paint('yellow', '  removals are frozen') : ''
  const head = [
    `${paint('bold', 'Rollcall demo')}  round ${view.round}${frozen}`,
    '',
    ...formatTable(['SERVICE', 'INSTANCE', 'STATE', 'ADDRESS', 'PROCESS'], rollRows(view, paint)),
    '',
  ]
  const foot = [
    '',
    'Try in another terminal:',
    ...view.toTry.map((line) => `  ${paint('cyan', line)}`),
    '',
    'Ctrl-C ends everything.',
  ]
  const room = Math.max(1, view.rows - head.length - foot.length)
  return [...head, ...view.news.slice(-room), ...foot].slice(0, view.rows)
}

function rollRows(view: BoardView, paint: Paint): string[][] {
  const members = new Map(view.members.map((member) => [`${member.service}/${member.id}`, member]))
  const rows = view.instances.map((instance) => {
    const key = `${instance.service}/${instance.id}`
    const member = members.get(key)
    members.delete(key)
    const { service, id, address } = instance
    return [printable(service), printable(id), stateOf(instance, paint), printable(address), processOf(member, paint)]
  })
  for (const member of members.values()) {
    rows.push([member.service, member.id, paint('dim', '○ not on the roll'), '', processOf(member, paint)])
  }
  return rows.toSorted((left, right) => compare(left[0], right[0]) || compare(left[1], right[1]))
}

function compare(left = '', right = ''): number {
  return left.localeCompare(right, 'en', { numeric: true })
}

function stateOf(instance: Instance, paint: Paint): string {
  if (instance.state === 'suspect') return paint('yellow', '◐ suspect')
  if (instance.status !== 'passing') return paint('yellow', `◐ ${instance.status}`)
  return paint('green', '● alive')
}

function processOf(member: Member | undefined, paint: Paint): string {
  if (member === undefined) return paint('red', 'gone')
  if (member.ending !== undefined) return paint('red', member.ending)
  return paint('dim', `pid ${member.pid}`)
}
