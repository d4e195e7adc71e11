// The head of the page: whose roll it is, whether it is live, and the search.

import type { RefObject } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { formatSpan, formatTime } from '../roll/format.ts'
import { searchFields } from '../roll/search.ts'
import { health, link, nowMs, query, roll } from '../state.ts'
import { ThemeButton } from './theme.tsx'

export function Masthead() {
  const search = useRef<HTMLInputElement>(null)
  useSlash(search)
  return (
    <header class="masthead">
      <h1>
        <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
          <rect width="32" height="32" rx="8" class="logo-ground" />
          <path
            class="logo-lines"
            d="M15.500 10h9M15.500 16h9M15.500 22h5m-13.500-12 1.800 1.800L12 8.300M7 16l1.800 1.800 3.200-3.500"
          />
          <circle cx="9" cy="22" r="1.700" class="logo-dot" />
        </svg>
        Rollcall
      </h1>
      <LinkState />
      <DaemonFacts />
      <div class="search">
        <svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
          <path d="M8.500 3a5.500 5.500 0 1 0 0 11 5.500 5.500 0 0 0 0-11Zm4.200 9.700L17 17" />
        </svg>
        <input
          ref={search}
          type="search"
          aria-label="Search the roll"
          placeholder="Search"
          title={`Words that must all be found; one field by ${searchFields.map((field) => `${field}:`).join(' ')}`}
          autocomplete="off"
          spellcheck={false}
          value={query.value}
          onInput={(event) => (query.value = event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape') query.value = ''
          }}
        />
        <kbd aria-hidden="true">/</kbd>
      </div>
      <ThemeButton />
    </header>
  )
}

/** `/` goes to the search from anywhere but another field. */
function useSlash(search: RefObject<HTMLInputElement | null>): void {
  useLayoutEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return
      if (event.target instanceof HTMLInputElement) return
      event.preventDefault()
      search.current?.focus()
      search.current?.select()
    }
    addEventListener('keydown', onKeyDown)
    return () => removeEventListener('keydown', onKeyDown)
  }, [search])
}

function LinkState() {
  const { phase } = link.value
  const status = health.value?.status
  const [name, text] =
    phase === 'live'
      ? !roll.value.isComplete
        ? ['warming', 'Live, warming up']
        : status === 'frozen'
          ? ['frozen', 'Live, frozen']
          : ['live', 'Live']
      : phase === 'lost'
        ? ['lost', `Lost since ${formatTime(link.value.sinceMs)}`]
        : ['connecting', phase === 'refused' ? 'Not let in' : 'Connecting']
  return (
    <p class={`link-state is-${name}`}>
      <span class="link-dot" aria-hidden="true" />
      {text}
    </p>
  )
}

function DaemonFacts() {
  const daemon = health.value
  if (!daemon) return <p class="daemon-facts" />
  const since = formatTime(nowMs.value - daemon.uptimeMs)
  return (
    <p class="daemon-facts">
      {daemon.zone !== '' && <span>{daemon.zone}</span>}
      <span>{daemon.version}</span>
      <span title={`since about ${since}`}>up {formatSpan(daemon.uptimeMs)}</span>
    </p>
  )
}
