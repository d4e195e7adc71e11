// Durations as clients write them in a query: those of Go, which Consul's clients send. `30s`, `500ms`, `1m30s`, `1.5h`.

const unitsMs: Readonly<Record<string, number>> = Object.freeze({ ms: 1, s: 1_000, m: 60_000, h: 3_600_000 })

/** Milliseconds; undefined for what is no duration. */
export function readDurationMs(text: string): number | undefined {
  if (text === '0') return 0
  if (text.length > 32 || !/^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/.test(text)) return undefined
  let sumMs = 0
  for (const [, number, unit = ''] of text.matchAll(/([\d.]+)(ms|s|m|h)/g))
    sumMs += Number(number) * (unitsMs[unit] ?? 0)
  return Math.round(sumMs)
}
