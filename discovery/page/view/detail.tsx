// One instance in detail: what it says of itself, what the daemon saw of it, and what became of it.

import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import type { Instance, Reading } from '../daemon/wire.ts'
import { conditionWords, readCondition } from '../roll/condition.ts'
import { formatCount, formatMs, formatSpan } from '../roll/format.ts'
import { keyOf } from '../roll/roll.ts'
import { history, nowMs, readings, rounds, selected, selectedKey } from '../state.ts'
import { NewsLine } from './changes.tsx'
import { ConditionMark } from './marks.tsx'
import { Load } from './row-cells.tsx'

function close(): void {
  selectedKey.value = ''
}

/** From anywhere but a field, where it has another meaning. */
function useEscape(isOpen: boolean): void {
  useLayoutEffect(() => {
    if (!isOpen) return undefined
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && !(event.target instanceof HTMLInputElement)) close()
    }
    addEventListener('keydown', onKeyDown)
    return () => removeEventListener('keydown', onKeyDown)
  }, [isOpen])
}

export function Detail() {
  const instance = selected.value
  const key = selectedKey.value
  const heading = useRef<HTMLHeadingElement>(null)
  useEscape(key !== '')
  // Before the next key: whoever opens and closes it by keys does not wait for a frame.
  useLayoutEffect(() => {
    if (key === '') return undefined
    const before = document.activeElement
    heading.current?.focus({ preventScroll: true })
    // Back to where the keys were.
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true })
    }
  }, [key])
  if (key === '') return null
  return (
    <section class="panel detail" aria-labelledby="detail-title">
      <header class="panel-head">
        <h2 id="detail-title" class="mono" ref={heading} tabIndex={-1}>
          {instance ? instance.id : key.slice(key.indexOf('/') + 1)}
        </h2>
        <button type="button" class="icon-button" aria-label="Close" title="Close (Esc)" onClick={close}>
          <svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
            <path
              d="m5 5 10 10M15 5 5 15"
              fill="none"
              stroke="currentColor"
              stroke-width="1.800"
              stroke-linecap="round"
            />
          </svg>
        </button>
      </header>
      {instance ? (
        <Facts instance={instance} reading={readings.value.get(key)} />
      ) : (
        <p class="quiet">It is not on the roll.</p>
      )}
      <Story of={key} />
    </section>
  )
}

function Facts({ instance, reading }: { readonly instance: Instance; readonly reading: Reading | undefined }) {
  const condition = readCondition(instance)
  const { service, address, zone, version, weight, tags, meta, by } = instance
  return (
    <>
      <p class={`detail-state is-${condition}`}>
        <ConditionMark condition={condition} />
        <strong>{conditionWords[condition].label}</strong>
        <span>{conditionWords[condition].meaning}</span>
      </p>
      <Remarks instance={instance} reading={reading} />
      <dl class="facts">
        <Fact name="Service">{service}</Fact>
        <Fact name="Address">
          <span class="mono selectable">{address}</span>
        </Fact>
        {zone !== '' && <Fact name="Zone">{zone}</Fact>}
        {version !== '' && (
          <Fact name="Version">
            <span class="mono">{version}</span>
          </Fact>
        )}
        {weight !== 1 && <Fact name="Weight">{weight === 0 ? '0, only when there is nobody else' : weight}</Fact>}
        {by && (
          <Fact name="Spoken for by">
            <span class="mono">{by}</span>
          </Fact>
        )}
        {reading && <ReadingFacts reading={reading} />}
        <Answered of={keyOf(instance)} />
        {tags.length > 0 && (
          <Fact name="Tags">
            {tags.map((tag) => (
              <span key={tag} class="tag">
                {tag}
              </span>
            ))}
          </Fact>
        )}
        {Object.entries(meta).map(([name, value]) => (
          <Fact key={name} name={name}>
            <span class="mono">{value}</span>
          </Fact>
        ))}
      </dl>
      <p class="quiet detail-hint">
        <code>
          curl {location.origin}/resolve/{service}
        </code>
      </p>
    </>
  )
}

function ReadingFacts({ reading }: { readonly reading: Reading }) {
  const { roundTripMs, lastAnswerAt, load, inflight, misses } = reading
  return (
    <>
      <Fact name="Round trip">{formatMs(roundTripMs)}</Fact>
      <Fact name="Last answer">{formatSpan(nowMs.value - Date.parse(lastAnswerAt))} ago</Fact>
      {misses > 0 && <Fact name="Missed">{formatCount(misses, 'round')} in a row</Fact>}
      {typeof load === 'number' && (
        <Fact name="Load">
          <Load load={load} />
        </Fact>
      )}
      {typeof inflight === 'number' && <Fact name="In flight">{inflight.toLocaleString('en')}</Fact>}
    </>
  )
}

function Answered({ of }: { readonly of: string }) {
  const missed = rounds.value.filter(({ missing }) => missing.includes(of)).length
  if (missed === 0) return null
  return (
    <Fact name="Of the last rounds">
      {missed} of {rounds.value.length} missed
    </Fact>
  )
}

function Remarks({ instance, reading }: { readonly instance: Instance; readonly reading: Reading | undefined }) {
  const { detached, unsure } = instance
  return (
    <>
      {detached && <p class="remark">Its connection is closed: gone in a moment, unless it comes back.</p>}
      {unsure && <p class="remark">Its address is loopback, link-local or a gateway: others may not reach it there.</p>}
      {reading?.conflict && <p class="remark">Two living processes say that they have this id.</p>}
    </>
  )
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  )
}

/** Of its own changes, the last. */
const shownNews = 8

function Story({ of }: { readonly of: string }) {
  const news = history.value.filter(({ instance }) => instance && keyOf(instance) === of).slice(0, shownNews)
  if (news.length === 0) return null
  return (
    <>
      <h3>What became of it</h3>
      <ol class="news-list">
        {news.map((entry) => (
          <NewsLine key={entry.number} news={entry} />
        ))}
      </ol>
    </>
  )
}
