// A board redrawn in place on a terminal, in the alternate screen, so that the scroll-back is as it was afterwards.
// Promises to leave the terminal as it found it when closed.

import type { Terminal } from './terminal.ts'

const enter = '\u001b[?1049h\u001b[?25l\u001b[?7l'
const leave = '\u001b[?7h\u001b[?25h\u001b[?1049l'
const home = '\u001b[H'
const eraseLine = '\u001b[K'
const eraseBelow = '\u001b[J'

export interface Screen {
  draw(lines: readonly string[]): void
  /** Idempotent. */
  close(): void
}

export function openScreen(terminal: Pick<Terminal, 'write'>): Screen {
  let isOpen = true
  terminal.write(enter)
  return {
    draw(lines) {
      // One write for each frame, erased line by line: nothing flickers.
      if (isOpen) terminal.write(`${home}${lines.map((line) => line + eraseLine).join('\r\n')}${eraseBelow}`)
    },
    close() {
      if (isOpen) terminal.write(leave)
      isOpen = false
    },
  }
}
