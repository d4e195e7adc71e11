// What changes, said to those who hear the page: politely, and summed up where much happens at once.

import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { summarize } from '../roll/history.ts'
import { history } from '../state.ts'

/** Longer than a sentence takes to be said. */
const everyMs = 3_000

export function Announcer() {
  const said = useRef(0)
  const sentence = useSignal('')
  useEffect(() => {
    const timer = setInterval(() => {
      const news = summarize(history.value, said.current)
      said.current = history.value[0]?.number ?? 0
      if (news !== '') sentence.value = news
    }, everyMs)
    return () => clearInterval(timer)
  }, [sentence])
  return (
    <p class="only-heard" role="status" aria-live="polite">
      {sentence.value}
    </p>
  )
}
