// Numbers and times as people read them. Pure.

/** A round-trip time or a duration: three figures, and the unit that suits. */
export function formatMs(ms: number): string {
  if (ms < 1) return `${Math.round(ms * 1000)} µs`
  if (ms < 10) return `${ms.toFixed(2)} ms`
  if (ms < 100) return `${ms.toFixed(1)} ms`
  if (ms < 10_000) return `${Math.round(ms)} ms`
  return formatSpan(ms)
}

/** How long something lasts or is ago: the two largest units. */
export function formatSpan(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return `${hours} h ${minutes % 60} min`
  return `${Math.floor(hours / 24)} d ${hours % 24} h`
}

const clockFormat = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' })

/** Time of day where the reader is: 14:03:22. */
export function formatTime(atMs: number): string {
  return clockFormat.format(atMs)
}

/** `1 instance`, `2 instances`. */
export function formatCount(count: number, word: string): string {
  return `${count.toLocaleString('en')} ${word}${count === 1 ? '' : 's'}`
}
