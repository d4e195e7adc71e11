// The roll as a table that people can walk by keys. Promises that its cost does not grow with the roll: the rows that can be seen are
// drawn, the height of the rest is kept by two empty ones. Every role is said: a narrow screen lays the rows out otherwise than as a
// table, and browsers then forget what they are.

import { useSignal, useSignalEffect } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { Row } from '../roll/rows.ts'
import { createWindow } from '../roll/window.ts'
import { readings, rows, selectedKey, servicesInView, toggleService } from '../state.ts'
import { EmptyRoll } from './empty-roll.tsx'
import { columns, InstanceCells, ServiceCells } from './row-cells.tsx'
import { useScroll } from './scroll.ts'

export function RollTable() {
  const body = useRef<HTMLTableSectionElement>(null)
  const table = useRef<HTMLTableElement>(null)
  const activeKey = useSignal('')
  const { rowHeight, scrolled, visibleHeight } = useScroll(body)
  const all = rows.value
  const shown = createWindow({ count: all.length, rowHeight, scrolled, visibleHeight })
  const drawn = all.slice(shown.start, shown.end)
  const activeAt = all.findIndex(({ key }) => key === activeKey.value)

  useEffect(() => {
    const names = [...new Set(drawn.map((row) => (row.kind === 'service' ? row.service : row.instance.service)))]
    if (names.join() !== servicesInView.value.join()) servicesInView.value = names
  })
  // Back from an instance, the keys go on where they were.
  useSignalEffect(() => {
    if (selectedKey.value === '') return
    activeKey.value = selectedKey.value
  })

  function walk(event: KeyboardEvent): void {
    const target = walkTo(event.key, activeAt, all, Math.max(1, Math.floor(visibleHeight / rowHeight) - 2))
    const row = all[target ?? activeAt]
    if (target !== undefined && row) {
      activeKey.value = row.key
      showRow(body.current, target, rowHeight)
    } else if (!row || !press(event.key, row)) return
    event.preventDefault()
  }

  if (all.length === 0) return <EmptyRoll />
  return (
    <table
      ref={table}
      class="roll"
      role="treegrid"
      aria-label="The roll"
      aria-rowcount={all.length + 1}
      aria-colcount={columns.length}
      aria-activedescendant={drawn.some(({ key }) => key === activeKey.value) ? idOf(activeKey.value) : undefined}
      tabIndex={0}
      onKeyDown={walk}
      onFocus={() => {
        if (activeAt < 0) activeKey.value = all[Math.max(0, Math.ceil(scrolled / rowHeight))]?.key ?? ''
      }}
    >
      <colgroup>
        {columns.map(({ name }) => (
          <col key={name} class={`col-${name}`} />
        ))}
      </colgroup>
      <thead role="rowgroup">
        <tr role="row" aria-rowindex={1}>
          {columns.map(({ name, label }) => (
            <th key={name} role="columnheader" scope="col" class={`cell-${name}`}>
              {label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody ref={body} role="rowgroup">
        <Spacer height={shown.start * rowHeight} />
        {drawn.map((row, index) => (
          <RollRow
            key={row.key}
            row={row}
            at={shown.start + index}
            isActive={row.key === activeKey.value}
            onPress={(key) => (activeKey.value = key)}
          />
        ))}
        <Spacer height={(all.length - shown.end) * rowHeight} />
      </tbody>
    </table>
  )
}

function idOf(key: string): string {
  return `row-${encodeURIComponent(key)}`
}

interface RollRowProps {
  readonly row: Row
  readonly at: number
  readonly isActive: boolean
  readonly onPress: (key: string) => void
}

function RollRow({ row, at, isActive, onPress }: RollRowProps) {
  const isSelected = row.key === selectedKey.value
  return (
    <tr
      id={idOf(row.key)}
      role="row"
      class={`row is-${row.kind}${isActive ? ' is-active' : ''}`}
      aria-rowindex={at + 2}
      aria-level={row.kind === 'service' ? 1 : 2}
      aria-expanded={row.kind === 'service' ? row.isOpen : undefined}
      aria-selected={row.kind === 'instance' ? isSelected : undefined}
      onClick={() => {
        onPress(row.key)
        if (row.kind === 'service') toggleService(row.service)
        else selectedKey.value = isSelected ? '' : row.key
      }}
    >
      {row.kind === 'service' ? (
        <ServiceCells row={row} />
      ) : (
        <InstanceCells instance={row.instance} reading={readings.value.get(row.key)} />
      )}
    </tr>
  )
}

function Spacer({ height }: { readonly height: number }) {
  return height > 0 ? <tr class="spacer" aria-hidden="true" style={{ height: `${height}px` }} /> : null
}

/** Where a key leads from the active row; undefined for a key that leads nowhere. */
function walkTo(key: string, from: number, all: readonly Row[], page: number): number | undefined {
  const steps: Readonly<Record<string, number>> = {
    ArrowDown: 1,
    ArrowUp: -1,
    PageDown: page,
    PageUp: -page,
    Home: -all.length,
    End: all.length,
  }
  const step = steps[key]
  if (step !== undefined) return Math.min(Math.max(0, from + step), all.length - 1)
  // From an instance to the head of its service.
  if (key !== 'ArrowLeft' || all[from]?.kind !== 'instance') return undefined
  return all.findLastIndex((row, index) => index < from && row.kind === 'service')
}

/** What a key does to the row that it is pressed on; false when nothing. */
function press(key: string, row: Row): boolean {
  if (row.kind === 'service') {
    if (key === 'Enter' || key === ' ') toggleService(row.service)
    else if (key === 'ArrowRight') toggleService(row.service, true)
    else if (key === 'ArrowLeft') toggleService(row.service, false)
    else return false
    return true
  }
  if (key === 'Enter' || key === ' ') selectedKey.value = row.key
  else return false
  return true
}

/** Scrolls as little as it takes; the head of the page and of the table stay above. */
function showRow(body: HTMLElement | null, at: number, rowHeight: number): void {
  if (!body) return
  const top = body.getBoundingClientRect().top + at * rowHeight
  const head = Number.parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop) || 0
  if (top < head) scrollBy({ top: top - head })
  else if (top + rowHeight > innerHeight) scrollBy({ top: top + rowHeight - innerHeight })
}
