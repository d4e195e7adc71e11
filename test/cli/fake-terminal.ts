// A terminal that keeps what is written to it; a test is the person who presses Ctrl-C.

import { EventEmitter, once } from 'node:events'

import type { ExitCode } from '../../cli/terminal/exit-code.ts'
import type { Terminal } from '../../cli/terminal/terminal.ts'

export interface FakeTerminal extends Terminal {
  readonly written: () => string
  readonly notes: readonly string[]
  readonly codes: readonly ExitCode[]
  /** Resolves once what is written so far matches. */
  said(pattern: RegExp): Promise<void>
  interrupt(): void
}

export function createFakeTerminal(about: Partial<Terminal> & { readonly height?: number } = {}): FakeTerminal {
  const written: string[] = []
  const notes: string[] = []
  const codes: ExitCode[] = []
  const interrupt = new AbortController()
  const wrote = new EventEmitter()
  const write = (text: string): void => {
    written.push(text)
    wrote.emit('text')
  }
  const all = (): string => written.join('')
  return {
    env: {},
    isInteractive: true,
    isStderrInteractive: true,
    programName: 'rollcall',
    columns: () => 80,
    rows: () => about.height ?? 24,
    paint: (_colour, text) => text,
    print: (line) => write(`${line}\n`),
    write: (bytes) => write(bytes.toString()),
    note: (line) => void notes.push(line),
    untilSignal: () => interrupt.signal,
    onHangup() {},
    onSignals() {},
    finishAs() {},
    isInterrupted: () => interrupt.signal.aborted,
    finish: (code) => void codes.push(code),
    ...about,
    written: all,
    notes,
    codes,
    async said(pattern) {
      while (!pattern.test(all())) await once(wrote, 'text')
    },
    interrupt: () => interrupt.abort(),
  }
}
