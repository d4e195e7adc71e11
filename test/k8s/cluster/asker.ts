// Runs in a pod: looks one name up by every door, again and again, until its standard input ends, and prints what came of it. Every answer
// is judged: who is handed out has to be one of those that there are.

import { once } from 'node:events'
import { get } from 'node:http'
import { Resolver } from 'node:dns/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { text } from 'node:stream/consumers'
import { follow } from '../../../messaging/index.ts'

const [service = '', ids = '', hosts = '', nameServer = '', attempts = '1'] = process.argv.slice(2)
const pauseMs = 50
const timeoutMs = 2_000
const shownMistakes = 5

interface DoorTally {
  asked: number
  wrong: number
  readonly mistakes: string[]
}

/** One lookup: who was handed out, by id or by address. Fails where nobody was. */
type Door = () => Promise<readonly string[]>

async function askHttp(): Promise<readonly string[]> {
  for (let attempt = 1; ; attempt += 1)
    try {
      const body: { readonly id: string } = JSON.parse(await read(`http://discovery-http:8500/resolve/${service}`))
      return [body.id]
    } catch (error) {
      if (attempt >= Number(attempts)) throw error
    }
}

/** On a connection of its own, as a new client would. */
async function read(url: string): Promise<string> {
  const request = get(url, { agent: false, timeout: timeoutMs })
  request.on('timeout', () => request.destroy(new Error('no answer in time')))
  const [response] = await once(request, 'response')
  const body = await text(response)
  if (response.statusCode !== 200) throw new Error(`${response.statusCode} ${body}`)
  return body
}

const resolver = new Resolver({ timeout: timeoutMs, tries: 2 })
resolver.setServers([nameServer])
const roll = await follow({ env: process.env })

const doors: Readonly<Record<string, { readonly ask: Door; readonly known: readonly string[] }>> = {
  HTTP: { ask: askHttp, known: ids.split(',') },
  DNS: { ask: () => resolver.resolve4(`${service}.service.rollcall`), known: hosts.split(',') },
  'follow()': { ask: async () => [(await roll.resolve(service)).id], known: ids.split(',') },
}

const ending = new AbortController()
process.stdin.on('end', () => ending.abort()).resume()

async function keepAsking({
  ask,
  known,
}: {
  readonly ask: Door
  readonly known: readonly string[]
}): Promise<DoorTally> {
  const tally: DoorTally = { asked: 0, wrong: 0, mistakes: [] }
  while (!ending.signal.aborted) {
    tally.asked += 1
    const mistake = await ask().then(
      (found) =>
        found.length > 0 && found.every((one) => known.includes(one)) ? undefined : `found ${found.join(', ')}`,
      (error: unknown) => String(error),
    )
    if (mistake !== undefined) {
      tally.wrong += 1
      if (tally.mistakes.length < shownMistakes) tally.mistakes.push(mistake)
    }
    await sleep(pauseMs)
  }
  return tally
}

const tallies = await Promise.all(Object.entries(doors).map(async ([name, door]) => [name, await keepAsking(door)]))
await roll.close()
console.log(JSON.stringify(Object.fromEntries(tallies)))
