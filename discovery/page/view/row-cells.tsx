// What stands in a row of the roll, cell by cell.

import type { Instance, Reading } from '../daemon/wire.ts'
import { conditions, conditionWords, readCondition } from '../roll/condition.ts'
import { formatCount, formatMs } from '../roll/format.ts'
import type { ServiceRow } from '../roll/rows.ts'
import { Chevron, ConditionMark } from './marks.tsx'

export const columns = Object.freeze([
  { name: 'id', label: 'Instance' },
  { name: 'state', label: 'State' },
  { name: 'address', label: 'Address' },
  { name: 'zone', label: 'Zone' },
  { name: 'version', label: 'Version' },
  { name: 'time', label: 'Round trip' },
  { name: 'load', label: 'Load' },
] as const)

/** Named in the head of a service; the rest is a number. */
const namedZones = 3

export function ServiceCells({ row }: { readonly row: ServiceRow }) {
  const troubles = conditions.filter((condition) => condition !== 'alive' && row.counts[condition] > 0)
  const zones = row.zones.slice(0, namedZones).map(([zone, count]) => `${zone} ${count}`)
  const more = row.zones.length - namedZones
  return (
    <td role="gridcell" class="service-head" colSpan={columns.length}>
      <div class="service-line">
        <Chevron isOpen={row.isOpen} />
        <span class="service-name">{row.service}</span>
        <span class="service-count">{formatCount(row.count, 'instance')}</span>
        {troubles.map((condition) => (
          <span key={condition} class={`service-trouble is-${condition}`}>
            <ConditionMark condition={condition} />
            {row.counts[condition].toLocaleString('en')} {conditionWords[condition].label.toLowerCase()}
          </span>
        ))}
        <span class="service-zones">
          {zones.join(' · ')}
          {more > 0 && ` · ${formatCount(more, 'more zone')}`}
        </span>
      </div>
    </td>
  )
}

export interface InstanceCellsProps {
  readonly instance: Instance
  readonly reading: Reading | undefined
}

export function InstanceCells({ instance, reading }: InstanceCellsProps) {
  const { id, address, zone, version, tags } = instance
  const condition = readCondition(instance)
  return (
    <>
      <td role="gridcell" class="cell-id" title={id}>
        <span class="mono">{id}</span>
        {tags.map((tag) => (
          <span key={tag} class="tag">
            {tag}
          </span>
        ))}
      </td>
      <td role="gridcell" class={`cell-state is-${condition}`}>
        <ConditionMark condition={condition} />
        {conditionWords[condition].label}
      </td>
      {/* An id that is the address already is not said twice. */}
      <td role="gridcell" class="cell-address mono" title={address}>
        {address}
      </td>
      <td role="gridcell" class="cell-zone">
        {zone}
      </td>
      <td role="gridcell" class="cell-version mono">
        {version}
      </td>
      <td role="gridcell" class="cell-time">
        {reading && formatMs(reading.roundTripMs)}
      </td>
      <td role="gridcell" class="cell-load">
        <Load load={reading?.load ?? undefined} />
      </td>
    </>
  )
}

/** Load is a share of what an instance can take, by custom; beyond 1 it is overloaded, and the bar is full. */
export function Load({ load }: { readonly load: number | undefined }) {
  if (load === undefined) return null
  const share = Math.min(1, Math.max(0, load))
  return (
    <span class={load > 0.8 ? 'load is-high' : 'load'}>
      <span class="load-bar" aria-hidden="true">
        <span style={{ width: `${share * 100}%` }} />
      </span>
      {load.toFixed(2)}
    </span>
  )
}
