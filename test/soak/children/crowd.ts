// So many programs that are on the roll by join(), as the environment of any service has it, in one process, each of which joins, changes, leaves
// and breaks off, over and over, under an id that nobody had before. Arguments: SP port, first port that it says it has, how many, seed. For each
// message, says how much it did. SIGTERM has all of them leave.

import type { Membership } from '../../../messaging/index.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import { join } from '../../../messaging/index.ts'
import { between, createRandom, pick } from '../../fixtures/random.ts'

const [discoveryPort = '', firstPort = '', count = '', seed = ''] = process.argv.slice(2)
const services = ['answer', 'web', 'shop', 'cart'] as const
const pauseMs = [20, 120] as const

const random = createRandom(Number(seed))
const ending = new AbortController()
const members: (Membership | undefined)[] = Array.from({ length: Number(count) })
const done = { joins: 0, updates: 0, leaves: 0, breaks: 0 }
let lastId = 0

async function enter(at: number): Promise<void> {
  lastId += 1
  const service = at === 0 ? 'steady' : pick(services, random)
  const id = `${service}-${process.pid}-${lastId}`
  const place = { host: '127.0.0.1', port: Number(firstPort) + at, discovery: [`127.0.0.1:${discoveryPort}`] }
  members[at] = await join({ service, id, tags: [pick(['blue', 'green'], random)], ...place })
  done.joins += 1
}

async function change(at: number): Promise<void> {
  const member = members[at]
  const what = random()
  if (!member) await enter(at)
  else if (what < 0.4 || at === 0) {
    member.update({ tags: [pick(['blue', 'green'], random)], status: what < 0.1 && at > 0 ? 'warning' : 'passing' })
    done.updates += 1
  } else {
    members[at] = undefined
    const isOrderly = what < 0.7
    done[isOrderly ? 'leaves' : 'breaks'] += 1
    await (isOrderly ? member.leave() : member.close())
  }
}

process.once('disconnect', () => process.exit())
process.once('SIGTERM', () => ending.abort())
process.on('message', () => process.send?.(done))
for (let at = 0; at < members.length; at += 1) await enter(at)
process.send?.(done)
while (!ending.signal.aborted) {
  await change(Math.floor(random() * members.length))
  await sleep(between(...pauseMs, random))
}
await Promise.all(members.flatMap((member) => (member ? [member.leave()] : [])))
process.exit()
