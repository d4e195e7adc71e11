// Sets of moments as lists of spans, in order and apart. Pure.

export interface Span {
  readonly fromMs: number
  readonly toMs: number
}

export type Spans = readonly Span[]

/** In order, and those that touch made one. */
export function joinSpans(spans: Iterable<Span>): Spans {
  const joined: { fromMs: number; toMs: number }[] = []
  for (const { fromMs, toMs } of [...spans].toSorted((a, b) => a.fromMs - b.fromMs)) {
    const last = joined.at(-1)
    if (last && fromMs <= last.toMs) last.toMs = Math.max(last.toMs, toMs)
    else joined.push({ fromMs, toMs })
  }
  return joined
}

/** What of `spans` is in none of `taken`. */
export function subtractSpans(spans: Spans, taken: Spans): Spans {
  const left: Span[] = []
  for (const span of spans) {
    let { fromMs } = span
    for (const hole of taken) {
      if (hole.toMs <= fromMs) continue
      if (hole.fromMs >= span.toMs) break
      if (hole.fromMs > fromMs) left.push({ fromMs, toMs: hole.fromMs })
      fromMs = hole.toMs
    }
    if (fromMs < span.toMs) left.push({ fromMs, toMs: span.toMs })
  }
  return left
}

/** Of the last span that begins at or before this moment. */
function indexAt(spans: Spans, atMs: number): number {
  let low = 0
  let high = spans.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((spans[middle]?.fromMs ?? Infinity) <= atMs) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** All of it is in one of the spans. */
export function covers(spans: Spans, fromMs: number, toMs: number): boolean {
  const span = spans[indexAt(spans, fromMs)]
  return span !== undefined && span.toMs >= toMs
}

/** Some of it, its ends included, is in one of the spans. */
export function touches(spans: Spans, fromMs: number, toMs: number): boolean {
  const span = spans[indexAt(spans, toMs)]
  return span !== undefined && span.toMs >= fromMs
}

/** The last moment of the spans that is not after this one; undefined where there is none. */
export function lastMomentMs(spans: Spans, atMs: number): number | undefined {
  const span = spans[indexAt(spans, atMs)]
  return span && Math.min(span.toMs, atMs)
}

/** How much of a time the spans take. */
export function measure(spans: Spans, fromMs: number, toMs: number): number {
  let sumMs = 0
  for (let at = indexAt(spans, toMs); at >= 0; at -= 1) {
    const span = spans[at]
    if (!span || span.toMs <= fromMs) break
    sumMs += Math.min(span.toMs, toMs) - Math.max(span.fromMs, fromMs)
  }
  return sumMs
}
