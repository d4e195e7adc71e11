// The time line of the last rounds: a bar for each, answered below and missing on top, with the time it took under it. One of them can
// be read out, by pointer or by keys; otherwise the latest is.

import { useSignal } from '@preact/signals'
import type { Bar } from '../roll/timeline.ts'
import { countMissing, createBars, describeRound } from '../roll/timeline.ts'
import { formatCount, formatMs } from '../roll/format.ts'
import { rounds } from '../state.ts'

/** In units of the drawing: a bar is one wide. */
const barsHeight = 40
const timesTop = 44
const timesHeight = 12
const drawingHeight = timesTop + timesHeight
/** One that is missing among thousands is still seen. */
const leastSeen = 5
/** What the daemon keeps. */
const drawnRounds = 100

const steps: Readonly<Record<string, number>> = Object.freeze({
  ArrowLeft: -1,
  ArrowDown: -1,
  ArrowRight: 1,
  ArrowUp: 1,
  PageDown: -10,
  PageUp: 10,
  Home: -drawnRounds,
  End: drawnRounds,
})

export function Rounds() {
  const pointed = useSignal<number | undefined>(undefined)
  const bars = createBars(rounds.value)
  const first = bars[0]
  const latest = bars.at(-1)
  if (!first || !latest)
    return (
      <section class="panel rounds is-empty" aria-label="The last rounds">
        No round has ended yet.
      </section>
    )
  // The pointed one moves on with its round, until it is too old to be drawn.
  const shown = bars.find(({ round }) => round.round === pointed.value) ?? latest
  const at = bars.indexOf(shown)
  const left = drawnRounds - bars.length
  const longest = Math.max(...bars.map(({ round }) => round.durationMs))

  function point(index: number): void {
    pointed.value = bars[Math.min(Math.max(0, index), bars.length - 1)]?.round.round
  }

  return (
    <section class="panel rounds" aria-labelledby="rounds-title">
      <header class="panel-head">
        <h2 id="rounds-title">The last {formatCount(bars.length, 'round')}</h2>
        <ul class="legend" aria-hidden="true">
          <li class="is-answered">answered</li>
          <li class="is-missing">missing</li>
          <li class="is-duration">time, up to {formatMs(longest)}</li>
        </ul>
      </header>
      <svg
        class="bars"
        viewBox={`0 0 ${drawnRounds} ${drawingHeight}`}
        preserveAspectRatio="none"
        role="slider"
        tabIndex={0}
        aria-label="Round"
        aria-valuemin={first.round.round}
        aria-valuemax={latest.round.round}
        aria-valuenow={shown.round.round}
        aria-valuetext={describeRound(shown.round)}
        onPointerMove={(event) => {
          const { left: edge, width } = event.currentTarget.getBoundingClientRect()
          point(Math.floor(((event.clientX - edge) / width) * drawnRounds) - left)
        }}
        onPointerLeave={() => (pointed.value = undefined)}
        onBlur={() => (pointed.value = undefined)}
        onKeyDown={(event) => {
          const step = steps[event.key]
          if (step === undefined) return
          event.preventDefault()
          point(at + step)
        }}
      >
        <defs>
          <pattern id="hatch" width="3" height="3" patternUnits="userSpaceOnUse" patternTransform="scale(.3 1)">
            <path class="hatch" d="M0 3 3 0" />
          </pattern>
        </defs>
        {pointed.value !== undefined && (
          <rect class="bar-cursor" x={left + at} y="0" width="1" height={drawingHeight} />
        )}
        <path class="bar-answered" d={drawBars(bars, left, answeredBox)} />
        <path class="bar-missing" d={drawBars(bars, left, missingBox)} />
        <path class="bar-hatch" d={drawBars(bars, left, missingBox)} fill="url(#hatch)" />
        <path class="bar-duration" d={drawBars(bars, left, durationBox)} />
      </svg>
      <p class="round-read">
        {describeRound(shown.round)}
        {countMissing(shown.round) > 0 && <Missing names={shown.round.missing} />}
      </p>
    </section>
  )
}

/** More than this is a number. */
const namedMissing = 4

function Missing({ names }: { readonly names: readonly string[] }) {
  const more = names.length - namedMissing
  if (names.length === 0) return null
  return (
    <span class="round-missing">
      {': '}
      {names.slice(0, namedMissing).join(', ')}
      {more > 0 && ` and ${more} more`}
    </span>
  )
}

type Box = (bar: Bar) => { readonly top: number; readonly height: number }

const answeredBox: Box = ({ answered }) => ({ top: barsHeight * (1 - answered), height: barsHeight * answered })

const missingBox: Box = ({ answered, missing }) => ({
  top: barsHeight * (1 - answered - missing),
  height: missing === 0 ? 0 : Math.max(leastSeen, barsHeight * missing),
})

const durationBox: Box = ({ duration }) => ({ top: timesTop, height: Math.max(0.6, timesHeight * duration) })

/** All bars of one kind as one path: cheap to draw, however many there are. */
function drawBars(bars: readonly Bar[], left: number, readBox: Box): string {
  return bars
    .map((bar, index) => ({ x: left + index, ...readBox(bar) }))
    .filter(({ height }) => height > 0)
    .map(({ x, top, height }) => `M${x + 0.14} ${top.toFixed(2)}h.72v${height.toFixed(2)}h-.72z`)
    .join('')
}
