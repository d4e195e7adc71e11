// The page, drawn and brought to life.

import { effect } from '@preact/signals'
import { render } from 'preact'
import { readFragment, writeFragment } from './address-bar.ts'
import { openLive } from './live.ts'
import { query, selectedKey, wantedCondition } from './state.ts'
import { Page } from './view/page.tsx'
import { applyTheme } from './view/theme.tsx'

function readAddress(): void {
  const choice = readFragment(location.hash)
  query.value = choice.query
  wantedCondition.value = choice.condition
  selectedKey.value = choice.selected
}

readAddress()
addEventListener('popstate', readAddress)
effect(() => {
  const fragment = writeFragment({ query: query.value, condition: wantedCondition.value, selected: selectedKey.value })
  if (fragment === location.hash) return
  const isAnotherInstance = readFragment(location.hash).selected !== selectedKey.value
  const address = location.pathname + location.search + fragment
  // Going back leaves an instance, not a letter of a search.
  if (isAnotherInstance) history.pushState(null, '', address)
  else history.replaceState(null, '', address)
})
applyTheme()
const root = document.querySelector('#page')
if (root) render(<Page live={openLive()} />, root)
