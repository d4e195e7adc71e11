// nanocat (libnanomsg) and nngcat (NNG) over ws, listening and dialling.

import { once } from 'node:events'
import { createServer } from 'node:net'
import t from 'tap'
import { createSpEngine } from '../../messaging/sp/engines/sp.ts'
import { requireTool } from '../fixtures/require-tool.ts'
import { run } from './program.ts'

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const bound = server.address()
  server.close()
  await once(server, 'close')
  return typeof bound === 'object' && bound ? bound.port : 0
}

const tools = [
  { name: 'nanocat', debianPackage: 'nanomsg-utils', req: '--req', rep: '--rep', dial: '--connect', listen: '--bind' },
  { name: 'nngcat', debianPackage: 'nng-utils', req: '--req0', rep: '--rep0', dial: '--dial', listen: '--listen' },
] as const

for (const tool of tools) {
  t.test(`${tool.name} asks us over ws`, async (t) => {
    if (!requireTool(t, tool.name, tool.debianPackage)) return
    const engine = createSpEngine()
    t.teardown(() => engine.close())
    const heard: string[] = []
    const replier = engine.createReplier((body) => {
      heard.push(String(body))
      return Buffer.from('forty-two')
    })
    const { address } = await engine.listen('ws://127.0.0.1:0', replier)
    const program = run(
      t,
      tool.name,
      tool.req,
      tool.dial,
      `${address}/`,
      '--data',
      'question',
      '--ascii',
      '--interval',
      '1',
    )
    await program.printed('forty-two')
    t.equal(heard[0], 'question')
  })

  t.test(`${tool.name} answers us over ws`, async (t) => {
    if (!requireTool(t, tool.name, tool.debianPackage)) return
    // nanocat listens at no path.
    const address = `ws://127.0.0.1:${await findFreePort()}`
    run(t, tool.name, tool.rep, tool.listen, address, '--data', 'forty-two')
    const engine = createSpEngine()
    t.teardown(() => engine.close())
    const requester = engine.createRequester()
    engine.dial(address, requester)
    t.equal(String(await requester.request(Buffer.from('question'), { timeoutMs: 20_000 })), 'forty-two')
  })
}
