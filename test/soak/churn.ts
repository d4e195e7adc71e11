// A fleet that is never at rest: crowds of programs that come and go, are killed, stopped for a while and told to leave; one whose names are always
// new; and those who ask. All in processes of their own. What happens is decided by a seed; when, by the machine.

import type { Child } from '../bench/child.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startFile } from '../bench/child.ts'
import { between, createRandom, pick } from '../fixtures/random.ts'

export interface ChurnOptions {
  readonly spPort: number
  readonly httpPort: number
  readonly dnsPort: number
  readonly seed: number
  readonly isQuick: boolean
}

export interface Churn {
  /** How often what was done, by its name. */
  counts(): Promise<Readonly<Record<string, number>>>
  close(): Promise<void>
}

const crowds = 3
const membersEach = 12
/** No two crowds, and no two lives of one, say that they have the same port. */
const portsEach = 100
const firstPort = 40_000
/** Names a round that nobody had; more at first, until whatever is bounded is full. The largest of that is what was parsed: 50,000 lines are forgotten
 * at once, some times in each half of a run of ten minutes. */
const shiftedLines = Object.freeze({ usual: 1_000, atFirst: 4_000, quick: 100 })
const stopMs = [1_000, 4_500] as const

export async function openChurn(options: ChurnOptions): Promise<Churn> {
  const { spPort, httpPort, dnsPort, seed, isQuick } = options
  const random = createRandom(seed)
  const counts: Record<string, number> = { kills: 0, stops: 0, ends: 0, starts: 0 }
  const everyMs = isQuick ? 1_000 : 4_000
  const ending = new AbortController()
  let lives = 0

  async function startCrowd(at: number): Promise<Child> {
    lives += 1
    count('starts')
    const port = firstPort + ((lives * crowds + at) % 200) * portsEach
    const child = startProgram('crowd', [spPort, port, membersEach, seed + lives])
    await child.next()
    return child
  }
  function count(what: string, by = 1): void {
    counts[what] = (counts[what] ?? 0) + by
  }

  const { usual, atFirst, quick } = shiftedLines
  const shifter = startProgram('shifter', [spPort, ...(isQuick ? [quick, quick] : [usual, atFirst])])
  await shifter.next()
  const crowd = await Promise.all(Array.from({ length: crowds }, (_, at) => startCrowd(at)))
  const clients = startProgram('clients', [spPort, httpPort, dnsPort, seed])
  await clients.next()

  async function disturb(): Promise<void> {
    const at = Math.floor(random() * crowds)
    const child = crowd[at]
    if (!child) return
    const what = pick(['kills', 'stops', 'ends'] as const, random)
    count(what)
    if (what === 'stops') {
      child.signal('SIGSTOP')
      await sleep(between(...stopMs, random))
      child.signal('SIGCONT')
      return
    }
    const done = await child.ask()
    for (const [name, value] of Object.entries(done)) count(name, Number(value))
    if (what === 'kills') await child.kill()
    else await child.end()
    crowd[at] = await startCrowd(at)
  }

  const disturbing = (async () => {
    while (!ending.signal.aborted) {
      await disturb()
      await sleep(between(0.5 * everyMs, 1.5 * everyMs, random), undefined, { signal: ending.signal }).catch(
        () => undefined,
      )
    }
  })()

  return {
    async counts() {
      const { asked, failed } = await clients.ask()
      const named = (prefix: string, values: unknown) =>
        Object.entries(Object(values)).map(([name, value]) => [`${prefix}${name}`, Number(value)] as const)
      return { ...counts, ...Object.fromEntries([...named('asked ', asked), ...named('unanswered ', failed)]) }
    },
    async close() {
      ending.abort()
      await disturbing
      await Promise.all([...crowd, shifter, clients].map((child) => child.kill()))
    },
  }
}

function startProgram(name: string, args: readonly (string | number)[]): Child {
  return startFile(fileURLToPath(new URL(`./children/${name}.js`, import.meta.url)), args)
}
