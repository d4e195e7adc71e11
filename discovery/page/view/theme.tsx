// Light, dark, or as the system has it: kept for the next visit.

import { signal } from '@preact/signals'

const themes = ['auto', 'light', 'dark'] as const

type Theme = (typeof themes)[number]

const storageKey = 'rollcall-theme'
const theme = signal<Theme>('auto')

/** As it was chosen the last time. */
export function applyTheme(): void {
  const kept = localStorage.getItem(storageKey)
  theme.value = themes.find((known) => known === kept) ?? 'auto'
  theme.subscribe((chosen) => {
    document.documentElement.dataset['theme'] = chosen
    localStorage.setItem(storageKey, chosen)
  })
}

const paths: Readonly<Record<Theme, string>> = Object.freeze({
  auto: 'M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14Zm0 1.600v10.800a5.400 5.400 0 0 0 0-10.800Z',
  light:
    'M10 6.400a3.600 3.600 0 1 1 0 7.200 3.600 3.600 0 0 1 0-7.200ZM9.200 1.800h1.600v2.700H9.200Zm0 13.700h1.600v2.700H9.200ZM1.800 9.200h2.700v1.600H1.800Zm13.700 0h2.700v1.600h-2.700ZM3.700 4.800l1.100-1.100 1.900 1.900-1.100 1.100Zm9.600 9.600 1.100-1.100 1.900 1.900-1.100 1.100ZM3.700 15.200l1.900-1.900 1.100 1.100-1.900 1.900Zm9.600-9.600 1.900-1.900 1.100 1.100-1.900 1.900Z',
  dark: 'M8.200 2.800a7.300 7.300 0 1 0 9 9A6 6 0 0 1 8.200 2.800Z',
})

export function ThemeButton() {
  const next = themes[(themes.indexOf(theme.value) + 1) % themes.length] ?? 'auto'
  const label = `Colours: ${theme.value === 'auto' ? 'as the system' : theme.value}; change to ${next}`
  return (
    <button type="button" class="icon-button" aria-label={label} title={label} onClick={() => (theme.value = next)}>
      <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
        <path d={paths[theme.value]} fill-rule="evenodd" fill="currentColor" />
      </svg>
    </button>
  )
}
