// join() over real connections on loopback: everything else about it is tested on a simulated network.

import { once } from 'node:events'
import { createServer } from 'node:net'
import t from 'tap'
import { join } from '../../../messaging/index.ts'
import { readOwnAddress } from '../../../messaging/roll/own-address.ts'
import { readAnswer } from '../../../messaging/roll/answer.ts'
import { createSpEngine } from '../../../messaging/sp/index.ts'

t.test('a program that joins is heard by a surveyor, hints at a change, and leaves', async (t) => {
  const engine = createSpEngine()
  t.teardown(() => engine.close())
  let asked: () => void = () => {}
  const hinted = new Promise<void>((resolve) => (asked = resolve))
  let attached: () => void = () => {}
  const isThere = new Promise<void>((resolve) => (attached = resolve))
  let detached: () => void = () => {}
  const isGone = new Promise<void>((resolve) => (detached = resolve))
  const surveyor = engine.createSurveyor({ onAttach: () => attached(), onDetach: () => detached() })
  let hintsTo: () => void = () => {}
  const canHint = new Promise<void>((resolve) => (hintsTo = resolve))
  const replier = engine.createReplier(
    () => {
      asked()
      return Buffer.from('ok')
    },
    { onAttach: () => hintsTo() },
  )
  const { address } = await engine.listen('tcp://127.0.0.1:0', [surveyor, replier])
  const ask = async () => {
    const round = surveyor.survey(Buffer.from('service query'), { deadlineMs: 5000 })
    for await (const { body } of round) return readAnswer(body).lines
    return undefined
  }

  const port = Number(address.split(':').at(-1))
  const env = { DISCOVERY_HOST: `127.0.0.1:${port}`, SERVICE_NAME: 'web', SERVICE_PORT: '8080' }
  const membership = await join({ env })
  t.teardown(() => membership.close())
  await Promise.all([isThere, canHint])
  t.match(await ask(), [{ provider: { service: 'web', host: '127.0.0.1', port: 8080 }, dynamic: { load: Number } }])

  membership.update({ weight: 3 })
  await hinted
  t.match(await ask(), [{ provider: { weight: 3 } }])

  const left = membership.leave()
  t.same(await ask(), [])
  await left
  await isGone
  t.equal(surveyor.pipes.size, 0)
})

t.test('the own address towards a daemon is found without its help', async (t) => {
  t.equal(await readOwnAddress([{ host: '127.0.0.1', port: 5555 }]), '127.0.0.1')
  t.equal(await readOwnAddress([{ host: 'localhost', port: 5555 }]), '127.0.0.1')
  const unknown = { host: 'no-such-name.invalid', port: 5555 }
  t.equal(await readOwnAddress([unknown, { host: '127.0.0.1', port: 5555 }]), '127.0.0.1')
  t.equal(await readOwnAddress([unknown]), '')
})

t.test('looking for the own address sends nothing and needs nobody there', async (t) => {
  const server = createServer(() => t.fail('nobody connects'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  t.equal(await readOwnAddress([{ host: '127.0.0.1', port }]), '127.0.0.1')
})
