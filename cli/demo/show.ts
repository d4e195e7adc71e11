// How the demo is shown: a live table on a terminal, one line for each piece of news elsewhere. Both tell the same story,
// taken from the daemon's own change log as it is written.

import type { RollReader } from '../../discovery/lookup/roll-reader.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { printable } from '../terminal/terminal.ts'
import { formatBoard } from './board.ts'
import type { Fleet, Member } from './fleet.ts'
import { openScreen } from '../terminal/screen.ts'
import type { Act, StoryLine } from './story.ts'
import { createStory } from './story.ts'

export interface Show {
  act(act: Act, member: Member): void
  tell(line: StoryLine): void
  /** Whether this id was ever on the roll. */
  hasSeen(id: string): boolean
  /** Leaves the terminal as it was. */
  close(): void
}

export interface ShowOptions {
  readonly terminal: Terminal
  readonly reader: RollReader
  readonly fleet: Fleet
  /** Commands for the reader. */
  readonly toTry: readonly string[]
}

/** States change between two pieces of news as well: misses, rounds, processes that have gone. */
const redrawMs = 200

/** More than the tallest terminal shows. */
const keptNews = 200

export function openLineShow(options: ShowOptions): Show {
  const { terminal, toTry } = options
  terminal.print('Rollcall demo: one daemon and a fleet of sample services, all on this machine. Try:')
  for (const line of toTry) terminal.print(`  ${line}`)
  return tellStory(options, (line) => terminal.print(line))
}

export function openBoardShow(options: ShowOptions): Show {
  const { terminal, reader, fleet, toTry } = options
  const news: string[] = []
  const screen = openScreen(terminal)
  const draw = (): void => {
    const instances = reader.services().flatMap((service) => reader.instances(service))
    const { round, isFrozen } = reader
    const view = { instances, members: fleet.members(), news, toTry, round, isFrozen, rows: terminal.rows() }
    screen.draw(formatBoard(view, (colour, text) => terminal.paint(colour, text)))
  }
  const timer = setInterval(draw, redrawMs)
  const show = tellStory(options, (line) => {
    news.push(line)
    if (news.length > keptNews) news.shift()
    draw()
  })
  return {
    ...show,
    close() {
      show.close()
      clearInterval(timer)
      screen.close()
    },
  }
}

function tellStory({ terminal, reader }: ShowOptions, print: (line: string) => void): Show {
  const story = createStory()
  const seen = new Set<string>()
  const tell = ({ id, text, colour }: StoryLine): void => {
    const time = terminal.paint('dim', new Date().toTimeString().slice(0, 8))
    print(`${time}  ${printable(id).padEnd(9)} ${terminal.paint(colour, printable(text))}`)
  }
  const unsubscribe = reader.changes.subscribe((change) => {
    seen.add(change.instance.id)
    const line = story.change(change)
    if (line !== undefined) tell(line)
  })
  return {
    act: (act, member) => tell(story.act(act, member, reader.nowMs())),
    tell,
    hasSeen: (id) => seen.has(id),
    close: unsubscribe,
  }
}
