// {request, broadcast, publish, tunnel, survey} x {one process, several} x {tcp, tls+tcp}, over real sockets and a real daemon, by the names
// of Iris's own tests. Order, loss and duplicates are seen by numbers.

import type { ChildProcess } from 'node:child_process'
import type { Test } from 'tap'
import type { Node } from '../../../messaging/index.ts'
import type { Heard } from '../../fixtures/iris-member.ts'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { openDaemon } from '../../../discovery/daemon.ts'
import { connect } from '../../../messaging/index.ts'
import { createRootKey, formatKey } from '../../../messaging/keys/key.ts'
import { openKeyring } from '../../../messaging/keys/open-keyring.ts'
import { openMember } from '../../fixtures/iris-member.ts'

const memberFile = fileURLToPath(new URL('../../fixtures/iris-member.ts', import.meta.url))
const ids = ['a', 'b', 'c'] as const

interface Report {
  readonly broadcasts: Heard
  readonly events: Heard
}

interface World {
  readonly caller: Node
  readonly children: ReadonlyMap<string, ChildProcess>
  /** What each member has heard, when it is all that was sent, or more. */
  readonly heardAll: (what: keyof Report) => Promise<Report[]>
}

async function openWorld(t: Test, transport: 'tcp' | 'tls+tcp', isSeveral: boolean): Promise<World> {
  const key = transport === 'tcp' ? undefined : formatKey(createRootKey('*'))
  const keyring = openKeyring({ key })
  const daemon = await openDaemon({
    port: 0,
    httpPort: 0,
    httpHost: '127.0.0.1',
    warmupMs: 0,
    intervalMs: 100,
    // Nobody is suspect because this machine is busy.
    deadlineMs: 60_000,
    ...(keyring && { keyring }),
  })
  const port = String(daemon.spAddress.split(':').pop())
  const env = { DISCOVERY_HOST: '127.0.0.1', DISCOVERY_PORT: port, ...(key !== undefined && { ROLLCALL_KEY: key }) }
  const children = new Map<string, ChildProcess>()
  const nodes: Node[] = []
  for (const id of ids)
    if (isSeveral) {
      const child = fork(memberFile, { env: { ...process.env, ...env, SERVICE_ID: id } })
      children.set(id, child)
      await once(child, 'message')
    } else nodes.push(await openMember({ env, id }))
  const caller = await connect({ env })
  t.teardown(async () => {
    await caller.close()
    await Promise.all(nodes.map((node) => node.close()))
    for (const child of children.values())
      if (child.exitCode === null && child.signalCode === null) {
        const exited = once(child, 'exit')
        child.disconnect()
        await exited
      }
    await daemon.close()
  })
  const heard = async () => {
    const answers: Report[] = []
    for await (const { body } of caller.survey('web', Buffer.from('heard'), { deadlineMs: 60_000 }))
      answers.push(Object(JSON.parse(String(body))))
    return answers
  }
  const heardAll = async (what: keyof Report) => {
    for (;;) {
      const reports = await heard()
      if (reports.every((report) => report[what].count >= 1_000)) return reports
      await setImmediate()
    }
  }
  while ((await heard()).length < ids.length) await setImmediate()
  return { caller, children, heardAll }
}

function number(i: number): Buffer {
  const body = Buffer.alloc(4)
  body.writeUInt32BE(i)
  return body
}

for (const transport of ['tcp', 'tls+tcp'] as const)
  for (const isSeveral of [false, true])
    t.test(`${transport}, ${isSeveral ? 'several processes' : 'one process'}`, async (t) => {
      const { caller, children, heardAll } = await openWorld(t, transport, isSeveral)

      await t.test('request: every one is answered, by all members in the end', async (t) => {
        const replies = await Promise.all(
          Array.from({ length: 1_000 }, (_, i) => caller.request('web', Buffer.from(String(i)), { timeoutMs: 60_000 })),
        )
        const texts = replies.map((reply) => String(reply).split(' '))
        t.same(
          texts.filter(([, text], i) => text !== String(i)),
          [],
        )
        t.same(new Set(texts.map(([id]) => id)), new Set(ids))
        t.equal(Object.keys(caller.counters().peers).length, 3, 'one pipe each')
      })

      await t.test('survey: every member answers', async (t) => {
        const survey = caller.survey('web', Buffer.from('who'), { deadlineMs: 60_000 })
        const answers: string[] = []
        for await (const { member, body } of survey) answers.push(`${member}: ${String(body)}`)
        t.same(answers.toSorted(), ['a: a who', 'b: b who', 'c: c who'])
        t.match(await survey.outcome, { asked: 3, answered: 3, endedBy: 'complete' })
      })

      await t.test('broadcast: to each member once, and in order', async (t) => {
        for (let i = 0; i < 1_000; i += 1) t.same(await caller.broadcast('web', number(i)), { members: 3, sent: 3 })
        for (const { broadcasts } of await heardAll('broadcasts')) t.same(broadcasts, { count: 1_000, isInOrder: true })
      })

      await t.test('publish: to each subscriber once, and in order', async (t) => {
        // That they are members is known, and that they are subscribed is another message of the daemon.
        while ((await caller.publish('news', Buffer.alloc(0))).sent < ids.length) await setImmediate()
        for (let i = 0; i < 1_000; i += 1) t.same(await caller.publish('news', number(i)), { members: 3, sent: 3 })
        for (const { events } of await heardAll('events')) t.same(events, { count: 1_000, isInOrder: true })
      })

      await t.test('tunnel: every message comes back, in order', async (t) => {
        const tunnel = await caller.tunnel('web')
        const sending = (async () => {
          for (let i = 0; i < 1_000; i += 1) await tunnel.send(number(i))
          tunnel.end()
        })()
        let next = 0
        for await (const message of tunnel) {
          if (message.readUInt32BE() !== next) break
          next += 1
        }
        await sending
        t.equal(next, 1_000)
        await tunnel.close()
      })

      if (isSeveral)
        await t.test('a member killed in the middle: each of 10,000 requests ends once', async (t) => {
          const total = 10_000
          let started = 0
          let ended = 0
          const outcomes = new Map<string, number>()
          const after: string[] = []
          const note = (outcome: string) => outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
          const run = async () => {
            while (started < total) {
              const at = (started += 1)
              if (at === 3_000) children.get('b')?.kill('SIGKILL')
              try {
                const reply = String(await caller.request('web', Buffer.from(String(at)), { timeoutMs: 60_000 }))
                note(reply.endsWith(` ${at}`) ? 'answered' : 'mixed up')
                if (at > 8_000) after.push(reply.slice(0, 1))
              } catch (error) {
                note(error instanceof Error && 'code' in error ? String(error.code) : String(error))
              }
              ended += 1
            }
          }
          await Promise.all(Array.from({ length: 64 }, run))
          t.equal(ended, total)
          t.same([...outcomes.keys()].toSorted(), ['PEER_GONE', 'answered'])
          t.ok((outcomes.get('PEER_GONE') ?? 0) <= 64, 'only what was under way there')
          t.same([...new Set(after)].toSorted(), ['a', 'c'])
        })
    })
