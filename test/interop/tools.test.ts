// nanocat (libnanomsg) and nngcat (NNG) in every role, against our engine and against the daemon on its shared port.

import type { Socket } from 'node:net'
import type { Test } from 'tap'
import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import { openDaemon } from '../../discovery/daemon.ts'
import { createSpEngine } from '../../messaging/sp/engines/sp.ts'
import { formatHandshake } from '../../messaging/sp/frame.ts'
import { findFreePort } from '../fixtures/free-port.ts'
import { requireTool } from '../fixtures/require-tool.ts'
import { run } from './program.ts'

interface Tool {
  readonly name: string
  readonly debianPackage: string
  /** For a role that waits to be asked; it says `data`. */
  readonly answer: (role: 'respondent' | 'rep', how: '--connect' | '--bind', address: string, data: string) => string[]
  /** For a role that asks `data`, and prints what comes back for some seconds. */
  readonly ask: (role: 'surveyor' | 'req', how: '--connect' | '--bind', address: string, data: string) => string[]
}

const tools: readonly Tool[] = [
  {
    name: 'nanocat',
    debianPackage: 'nanomsg-utils',
    answer: (role, how, address, data) => [`--${role}`, how, address, '--data', data],
    // Asks again and again: the first goes nowhere where nobody is connected yet.
    ask: (role, how, address, data) => [`--${role}`, how, address, '--data', data, '--ascii', '--interval', '1'],
  },
  {
    name: 'nngcat',
    debianPackage: 'nng-utils',
    answer: (role, how, address, data) => [
      role === 'rep' ? '--rep0' : '--respondent0',
      toNng(how),
      address,
      '--data',
      data,
    ],
    ask: (role, how, address, data) => [
      role === 'req' ? '--req0' : '--surveyor0',
      toNng(how),
      address,
      '--data',
      data,
      '--ascii',
      '--interval',
      '1',
    ],
  },
]

function toNng(how: '--connect' | '--bind'): string {
  return how === '--bind' ? '--listen' : '--dial'
}

function openEngine(t: Test) {
  const engine = createSpEngine()
  t.teardown(() => engine.close())
  return engine
}

async function open(t: Test) {
  const daemon = await openDaemon({ port: 0, httpPort: 0, httpHost: '127.0.0.1', warmupMs: 0 })
  t.teardown(() => daemon.close())
  const changes: string[] = []
  let wake = () => {}
  daemon.reader.changes.subscribe(({ type, instance }) => {
    changes.push(`${type} ${instance.service} ${instance.address}`)
    wake()
  })
  async function changed(change: string): Promise<void> {
    while (!changes.includes(change))
      await new Promise<void>((resolve) => {
        wake = resolve
      })
  }
  return { daemon, changed, address: daemon.spAddress.replace('*', '127.0.0.1') }
}

for (const tool of tools) {
  void t.test(tool.name, async (t) => {
    if (!requireTool(t, tool.name, tool.debianPackage)) return
    const { name, answer, ask } = tool

    await t.test(
      'as a respondent that dials, is on the roll while it runs, and off it when it is killed',
      async (t) => {
        const { daemon, changed, address } = await open(t)
        const program = run(t, name, ...answer('respondent', '--connect', address, 'web|tcp://10.0.0.7:8080'))
        await changed('joined web tcp://10.0.0.7:8080')
        const response = await fetch(`${daemon.httpUrl}/resolve/web`)
        t.match(await response.json(), { service: 'web', address: 'tcp://10.0.0.7:8080' })
        const { round } = daemon.reader
        while (daemon.reader.round < round + 2) await new Promise(setImmediate)
        t.match(daemon.reader.rounds().at(-1), { asked: 1, answered: 1, missing: [], endedBy: 'complete' })
        await program.kill()
        await changed('left web tcp://10.0.0.7:8080')
      },
    )

    await t.test('as REQ, is answered by the daemon on the port that it surveys from', async (t) => {
      const { changed, address } = await open(t)
      run(t, name, ...answer('respondent', '--connect', address, 'web|tcp://10.0.0.7:8080'))
      await changed('joined web tcp://10.0.0.7:8080')
      await run(t, name, ...ask('req', '--connect', address, 'resolve web')).printed('web|tcp://10.0.0.7:8080')
      await run(t, name, ...ask('req', '--connect', address, 'services')).printed('"service":"web"')
      await run(t, name, ...ask('req', '--connect', address, 'ask tcp://10.0.0.7:8080')).printed('ok')
      await run(t, name, ...ask('req', '--connect', address, 'resolve nobody')).printed('error unknown-service')
      await run(t, name, ...ask('req', '--connect', address, 'sing')).printed('error ')
      t.pass('every verb, and what is none')
    })

    await t.test('as a respondent that listens, is asked by our surveyor', async (t) => {
      const engine = openEngine(t)
      const address = `tcp://127.0.0.1:${await findFreePort()}`
      run(t, name, ...answer('respondent', '--bind', address, 'here'))
      const surveyor = engine.createSurveyor()
      engine.dial(address, surveyor)
      let answers: string[] = []
      while (answers.length === 0) {
        const round = surveyor.survey(Buffer.from('who?'), { deadlineMs: 2_000 })
        answers = []
        for await (const { body } of round) answers.push(String(body))
        await new Promise(setImmediate)
      }
      t.same(answers, ['here'])
    })

    for (const how of ['--connect', '--bind'] as const) {
      await t.test(`as a surveyor (${how}), is answered by our respondents`, async (t) => {
        const engine = openEngine(t)
        const respondents = ['one', 'two'].map((text) => engine.createRespondent(async () => Buffer.from(text)))
        const address = how === '--bind' ? `tcp://127.0.0.1:${await findFreePort()}` : undefined
        if (address === undefined) {
          const [respondent] = respondents
          const listener = respondent && (await engine.listen('tcp://127.0.0.1:0', respondent))
          await run(t, name, ...ask('surveyor', how, listener?.address ?? '', 'who?')).printed('one')
        } else {
          const program = run(t, name, ...ask('surveyor', how, address, 'who?'))
          for (const respondent of respondents) engine.dial(address, respondent)
          await program.printed('one')
          await program.printed('two')
        }
        t.pass()
      })
    }

    await t.test('as REP and as REQ, talks with ours', async (t) => {
      const engine = openEngine(t)
      const address = `tcp://127.0.0.1:${await findFreePort()}`
      run(t, name, ...answer('rep', '--bind', address, 'The answer is 42'))
      const requester = engine.createRequester()
      engine.dial(address, requester)
      const reply = await requester.request(Buffer.from('What is the answer?'), { timeoutMs: 60_000 })
      t.match(String(reply), 'The answer is 42')
      const replier = engine.createReplier((body) => Buffer.from(`you said ${String(body)}`))
      const listener = await engine.listen('tcp://127.0.0.1:0', replier)
      await run(t, name, ...ask('req', '--connect', listener.address, 'hello')).printed('you said hello')
    })

    await t.test('says the same first bytes as we do', async (t) => {
      const port = await findFreePort()
      const roles = [
        ['respondent', 0x63],
        ['rep', 0x31],
      ] as const
      for (const [role, type] of roles) {
        const program = run(t, name, ...answer(role, '--bind', `tcp://127.0.0.1:${port}`, 'x'))
        const hello = await readHello(port)
        t.equal(hello.toString('hex'), formatHandshake(type).toString('hex'), role)
        await program.kill()
      }
    })
  })
}

/** The first eight bytes of whoever listens there, as soon as somebody does. */
async function readHello(port: number): Promise<Buffer> {
  for (;;) {
    const socket: Socket = connect(port, '127.0.0.1')
    try {
      const [data]: unknown[] = await once(socket, 'data')
      if (Buffer.isBuffer(data) && data.length >= 8) return data.subarray(0, 8)
    } catch {
      // Not listening yet.
      await new Promise(setImmediate)
    } finally {
      socket.destroy()
    }
  }
}
