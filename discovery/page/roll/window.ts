// Which rows of a long table are drawn: those that can be seen, and some on either side. Pure; every row has the same height.

export interface Window {
  readonly start: number
  /** Not included. */
  readonly end: number
}

export interface WindowOptions {
  readonly count: number
  readonly rowHeight: number
  /** From the top of the table to the top of what can be seen; negative while the table begins further down. */
  readonly scrolled: number
  readonly visibleHeight: number
}

/** Rows beyond either edge, so that a short scroll shows no gap before the next frame. */
const margin = 12

export function createWindow({ count, rowHeight, scrolled, visibleHeight }: WindowOptions): Window {
  const first = Math.floor(scrolled / rowHeight) - margin
  const last = Math.ceil((scrolled + visibleHeight) / rowHeight) + margin
  const start = Math.min(Math.max(0, first), count)
  return { start, end: Math.max(start, Math.min(count, last)) }
}
