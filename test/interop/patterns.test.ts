// Every pattern over every transport with nanocat (libnanomsg) and nngcat (NNG), as far as they have them: what they say we hear, and
// what we say they hear, whoever listens.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Test } from 'tap'
import t from 'tap'
import type { Certificates, Engine, Receiver, Sender, SpSocket } from '../../messaging/sp/engine.ts'
import { createSpEngine } from '../../messaging/sp/engines/sp.ts'
import { makeAuthority } from '../fixtures/certificates.ts'
import { findFreePort } from '../fixtures/free-port.ts'
import { requireTool } from '../fixtures/require-tool.ts'
import { run } from './program.ts'

type Transport = 'tcp' | 'ipc' | 'ws' | 'tls+tcp'

interface Tool {
  readonly name: string
  readonly debianPackage: string
  readonly transports: readonly Transport[]
  readonly dial: string
  readonly listen: string
  /** What it is called where it has the pattern. */
  readonly roles: Readonly<Partial<Record<Role, string>>>
}

const bothHave = {
  push: '--push',
  pull: '--pull',
  pub: '--pub',
  sub: '--sub',
  req: '--req',
  rep: '--rep',
  surveyor: '--surveyor',
  respondent: '--respondent',
}

type Role = keyof typeof bothHave | 'pair' | 'pair1' | 'bus'

const tools: readonly Tool[] = [
  {
    name: 'nanocat',
    debianPackage: 'nanomsg-utils',
    transports: ['tcp', 'ipc', 'ws'],
    dial: '--connect',
    listen: '--bind',
    roles: { ...bothHave, pair: '--pair', bus: '--bus' },
  },
  {
    name: 'nngcat',
    debianPackage: 'nng-utils',
    transports: ['tcp', 'ipc', 'ws', 'tls+tcp'],
    dial: '--dial',
    listen: '--listen',
    roles: { ...bothHave, pair: '--pair0', pair1: '--pair1' },
  },
]

/** What of ours hears the role of a tool. */
const hearing: Readonly<Partial<Record<Role, (engine: Engine) => SpSocket & Receiver>>> = {
  push: (engine) => engine.createPuller(),
  pub(engine) {
    const subscriber = engine.createSubscriber()
    subscriber.subscribe('')
    return subscriber
  },
  pair: (engine) => engine.createPair(),
  pair1: (engine) => engine.createPair({ version: 1 }),
  bus: (engine) => engine.createBus(),
}

/** What of ours says something to the role of a tool. */
const saying: Readonly<Partial<Record<Role, (engine: Engine) => SpSocket & Sender>>> = {
  pull: (engine) => engine.createPusher(),
  sub: (engine) => engine.createPublisher(),
  pair: (engine) => engine.createPair(),
  pair1: (engine) => engine.createPair({ version: 1 }),
  bus: (engine) => engine.createBus(),
}

/** A tool in one role, connected to a socket of ours. */
type Start = (role: Role, ours: SpSocket, ...words: string[]) => Promise<ReturnType<typeof run>>

async function verify(t: Test, tool: Tool, engine: Engine, start: Start): Promise<void> {
  for (const [role, create] of Object.entries(hearing)) {
    if (!isRoleOf(tool, role)) continue
    const socket = create(engine)
    await start(role, socket, '--data', 'from the tool', '--interval', '1')
    for await (const { body } of socket) {
      t.equal(String(body), 'from the tool', `${role}: is heard`)
      break
    }
  }
  for (const [role, create] of Object.entries(saying)) {
    if (!isRoleOf(tool, role)) continue
    const socket = create(engine)
    const program = await start(role, socket, '--ascii')
    const heard = { isSo: false }
    const printed = program.printed('from us').then(() => (heard.isSo = true))
    while (!heard.isSo) {
      await socket.send(Buffer.from('from us'))
      await Promise.race([printed, setTimeout(20)])
    }
    t.pass(`${role}: hears`)
  }
  const replier = engine.createReplier((body) => Buffer.from(`re ${String(body)}`))
  await (await start('req', replier, '--data', 'question', '--ascii', '--interval', '1')).printed('re question')
  t.pass('req: is answered')
  const respondent = engine.createRespondent((body) => Buffer.from(`re ${String(body)}`))
  await (await start('surveyor', respondent, '--data', 'question', '--ascii', '--interval', '1')).printed('re question')
  t.pass('surveyor: is answered')
  const requester = engine.createRequester()
  await start('rep', requester, '--data', 'answer')
  t.equal(String(await requester.request(Buffer.from('question'), { timeoutMs: 60_000 })), 'answer', 'rep: answers')
  const surveyor = engine.createSurveyor()
  await start('respondent', surveyor, '--data', 'answer')
  const answers = new Set<string>()
  while (answers.size === 0) {
    const round = surveyor.survey(Buffer.from('question'), { deadlineMs: 5_000 })
    for await (const { body } of round) answers.add(String(body))
    await setTimeout(20)
  }
  t.same([...answers], ['answer'], 'respondent: answers')
}

function isRoleOf(tool: Tool, role: string): role is Role {
  return role in tool.roles
}

for (const tool of tools)
  for (const transport of tool.transports)
    for (const isOursListening of [true, false])
      t.test(`${tool.name} over ${transport}, ${isOursListening ? 'dialling' : 'listening'}`, async (t) => {
        if (!requireTool(t, tool.name, tool.debianPackage)) return
        if (transport === 'tls+tcp' && !requireTool(t, 'openssl', 'openssl')) return
        const engine = createSpEngine()
        const folder = await mkdtemp(join(tmpdir(), 'interop-'))
        t.teardown(async () => {
          await engine.close()
          await rm(folder, { recursive: true })
        })
        const proof = transport === 'tls+tcp' ? await prove(t, folder) : undefined
        let places = 0
        const start: Start = async (role, ours, ...words) => {
          places += 1
          const host = proof ? 'localhost' : '127.0.0.1'
          const place = transport === 'ipc' ? `${folder}/${places}` : `${host}:${await findFreePort()}`
          const address = `${transport}://${place}`
          const [program, flag, how] = [tool.name, tool.roles[role] ?? '', isOursListening ? tool.dial : tool.listen]
          if (isOursListening) await engine.listen(address, ours, proof && { credentials: proof.ours })
          else engine.dial(address, ours, proof && { credentials: () => proof.ours })
          // nngcat dials a path, and nanocat listens at none.
          const asked = transport === 'ws' && isOursListening ? `${address}/` : address
          return run(t, program, flag, how, asked, ...(proof?.theirs ?? []), ...words)
        }
        await verify(t, tool, engine, start)
      })

/** Certificates of one authority: ours, and the words with which nngcat takes its own. */
async function prove(t: Test, folder: string): Promise<{ readonly ours: Certificates; readonly theirs: string[] }> {
  const authority = makeAuthority(t)
  const { ca } = authority
  const { cert, key } = authority.issue('blue/theirs/call', 'localhost')
  const words: string[] = []
  for (const [option, text] of Object.entries({ '--cacert': ca, '--cert': cert, '--key': key })) {
    const path = join(folder, option)
    await writeFile(path, text)
    words.push(option, path)
  }
  return { ours: { ...authority.issue('blue/ours/member', 'localhost'), ca }, theirs: words }
}
