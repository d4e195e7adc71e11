// What changed and when, newest first.

import { useSignal } from '@preact/signals'
import type { News, NewsType } from '../roll/history.ts'
import { formatTime } from '../roll/format.ts'
import { keyOf } from '../roll/roll.ts'
import { history, roll, selectedKey } from '../state.ts'
import { NewsMark } from './marks.tsx'

/** Drawn at first; the rest at a press. */
const shownAtFirst = 60

const words: Readonly<Record<NewsType, string>> = Object.freeze({
  joined: 'joined',
  updated: 'updated',
  suspected: 'suspected',
  recovered: 'recovered',
  draining: 'draining',
  left: 'left',
  restarted: 'restarted',
  lost: 'lost',
  found: 'back',
})

export function Changes() {
  const isAll = useSignal(false)
  const isOpen = useSignal(false)
  const news = isAll.value ? history.value : history.value.slice(0, shownAtFirst)
  const more = history.value.length - news.length
  return (
    <section class={isOpen.value ? 'panel changes is-open' : 'panel changes'} aria-labelledby="changes-title">
      <header class="panel-head">
        <h2 id="changes-title">Changes</h2>
        <button
          type="button"
          class="changes-toggle"
          aria-expanded={isOpen.value}
          onClick={() => (isOpen.value = !isOpen.value)}
        >
          {isOpen.value ? 'Fewer' : 'Show all'}
        </button>
      </header>
      {news.length === 0 ? (
        <p class="quiet">Nothing has changed since this page was opened.</p>
      ) : (
        <ol class="news-list">
          {news.map((entry) => (
            <NewsLine key={entry.number} news={entry} />
          ))}
        </ol>
      )}
      {more > 0 && (
        <button type="button" class="text-button" onClick={() => (isAll.value = true)}>
          {more} older
        </button>
      )}
    </section>
  )
}

export function NewsLine({ news }: { readonly news: News }) {
  const { type, instance, atMs, detail } = news
  const time = <time dateTime={new Date(atMs).toISOString()}>{formatTime(atMs)}</time>
  if (!instance) {
    return (
      <li class="news is-daemon">
        {time}
        <NewsMark type={type} />
        <span class="news-who">The daemon</span>
        <span class="news-what">{words[type]}</span>
        {detail !== '' && <span class="news-detail">{detail}</span>}
      </li>
    )
  }
  const key = keyOf(instance)
  const isHere = roll.value.instances.has(key)
  return (
    <li class="news">
      {time}
      <NewsMark type={type} />
      {isHere ? (
        <button type="button" class="news-who" onClick={() => (selectedKey.value = key)}>
          {instance.id}
        </button>
      ) : (
        <span class="news-who">{instance.id}</span>
      )}
      <span class="news-what">{words[type]}</span>
      <span class="news-detail">{detail === '' ? instance.service : detail}</span>
    </li>
  )
}
