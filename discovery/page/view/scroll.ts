// Where the table stands in what can be seen, followed frame by frame.

import type { RefObject } from 'preact'
import { useEffect, useState } from 'preact/hooks'

export interface Scroll {
  readonly rowHeight: number
  /** From the top of the rows to the top of what can be seen; negative while they begin further down. */
  readonly scrolled: number
  readonly visibleHeight: number
}

/** As the style sheet has it, which knows narrow screens and large type. */
function readRowHeight(): number {
  const style = getComputedStyle(document.documentElement)
  return Number.parseFloat(style.getPropertyValue('--row-rem')) * Number.parseFloat(style.fontSize)
}

export function useScroll(body: RefObject<HTMLElement | null>): Scroll {
  const [scroll, setScroll] = useState<Scroll>({ rowHeight: readRowHeight(), scrolled: 0, visibleHeight: innerHeight })
  useEffect(() => {
    let frame = 0
    function measure(): void {
      frame = 0
      const top = body.current?.getBoundingClientRect().top ?? 0
      const rowHeight = readRowHeight()
      // In steps of some rows: between them the same rows are drawn.
      const scrolled = Math.floor(-top / (rowHeight * 4)) * rowHeight * 4
      const visibleHeight = innerHeight + rowHeight * 4
      setScroll((before) => {
        const isSame =
          before.scrolled === scrolled && before.visibleHeight === visibleHeight && before.rowHeight === rowHeight
        return isSame ? before : { rowHeight, scrolled, visibleHeight }
      })
    }
    const later = () => (frame ||= requestAnimationFrame(measure))
    measure()
    addEventListener('scroll', later, { passive: true })
    addEventListener('resize', later, { passive: true })
    // What stands above the table grows and shrinks.
    const observer = new ResizeObserver(later)
    observer.observe(document.body)
    return () => {
      cancelAnimationFrame(frame)
      removeEventListener('scroll', later)
      removeEventListener('resize', later)
      observer.disconnect()
    }
  }, [body])
  return scroll
}
