// The door on real sockets of this machine: one port, both transports, and what a client may do wrong with a connection.

import type { Socket } from 'node:net'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { Test } from 'tap'
import t from 'tap'
import type { DnsDoorOptions } from '../../../../discovery/lookup/dns/dns-door.ts'
import { openDnsDoor } from '../../../../discovery/lookup/dns/dns-door.ts'
import { listAnswers, readReply, writeQuestion } from '../../../fixtures/dns.ts'
import { createFakeClock } from '../../../fixtures/fake-clock.ts'
import { findFreePort } from '../../../fixtures/free-port.ts'
import { createFakeRoll, createInstance } from '../../../fixtures/roll-reader.ts'

async function open(t: Test, options: Partial<DnsDoorOptions> = {}, instances = 1) {
  const hosts = Array.from({ length: instances }, (_, at) => `10.0.${at >> 8}.${at & 255}`)
  const reader = createFakeRoll(hosts.map((host) => createInstance({ service: 'web', id: host, host })))
  const door = await openDnsDoor({ reader, host: '127.0.0.1', port: 0, domain: 'rollcall', ...options })
  t.teardown(() => door.close())
  const port = Number(door.address.split(':').at(-1))
  async function dial(): Promise<Socket> {
    const socket = connect({ port, host: '127.0.0.1' })
    t.teardown(() => socket.destroy())
    await once(socket, 'connect')
    return socket
  }
  return { door, port, dial }
}

function frame(message: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(message.length)
  return Buffer.concat([length, message])
}

async function readFrames(socket: Socket, count: number): Promise<Buffer[]> {
  const frames: Buffer[] = []
  let unread = Buffer.alloc(0)
  while (frames.length < count) {
    const [chunk] = await once(socket, 'data')
    unread = Buffer.concat([unread, chunk])
    while (unread.length >= 2 && unread.length >= 2 + unread.readUInt16BE(0)) {
      frames.push(unread.subarray(2, 2 + unread.readUInt16BE(0)))
      unread = unread.subarray(2 + unread.readUInt16BE(0))
    }
  }
  return frames
}

const question = writeQuestion({ name: 'web.service.rollcall' })

t.test('UDP and TCP answer on one port, and close() frees it', async (t) => {
  const { door, port, dial } = await open(t)
  const udp = createSocket('udp4')
  t.teardown(() => udp.close())
  udp.send(question, port, '127.0.0.1')
  const [packet] = await once(udp, 'message')
  t.same(listAnswers(readReply(packet)), ['A 10.0.0.0'])
  const socket = await dial()
  socket.write(frame(question))
  const [message = Buffer.alloc(0)] = await readFrames(socket, 1)
  t.same(listAnswers(readReply(message)), ['A 10.0.0.0'])
  await Promise.all([once(socket, 'close'), door.close()])
  await door.close()
  await (await openDnsDoor({ reader: createFakeRoll(), host: '127.0.0.1', port, domain: 'rollcall' })).close()
})

t.test('a connection takes any number of questions, in any pieces, and answers all before it ends', async (t) => {
  const { dial } = await open(t, {}, 300)
  const srv = frame(writeQuestion({ name: 'web.service.rollcall', type: 'SRV' }))
  const socket = await dial()
  socket.write(Buffer.concat(Array<Buffer>(40).fill(srv)))
  socket.write(srv.subarray(0, 1))
  for (const part of [srv.subarray(1, 9), srv.subarray(9, -1)]) {
    await new Promise((resolve) => setImmediate(resolve))
    socket.write(part)
  }
  socket.end(srv.subarray(-1))
  for (const message of await readFrames(socket, 41)) t.equal(readReply(message).answers.length, 300)
  await once(socket, 'end')
})

t.test('what is no question gets an answer or the end of its connection, and the others go on', async (t) => {
  const { dial } = await open(t)
  const [good, bad, mute] = [await dial(), await dial(), await dial()]
  bad.write(frame(Buffer.alloc(40, 7)))
  t.match(readReply((await readFrames(bad, 1))[0] ?? Buffer.alloc(0)), { rcode: 'FORMERR' })
  mute.resume().write(frame(Buffer.alloc(3)))
  await once(mute, 'end')
  good.write(frame(question))
  t.equal((await readFrames(good, 1)).length, 1)
  good.resetAndDestroy()
  const next = await dial()
  next.write(frame(question))
  t.equal((await readFrames(next, 1)).length, 1)
})

t.test('who asks nothing, never says all of it or does not read is cut off after a while', async (t) => {
  const clock = createFakeClock()
  const { dial, door } = await open(t, { clock, idleMs: 1_000 }, 1_000)
  const [silent, slow, deaf] = [await dial(), await dial(), await dial()]
  slow.write(frame(question))
  await readFrames(slow, 1)
  slow.write(Buffer.from([0]))
  const srv = frame(writeQuestion({ name: 'web.service.rollcall', type: 'SRV' }))
  deaf.pause().write(Buffer.concat(Array<Buffer>(2_000).fill(srv)))
  silent.resume()
  slow.resume()
  // The deaf one is answered until its buffers are full: the last timer is set some time after that.
  async function untilClosed(...sockets: Socket[]): Promise<void> {
    for (const socket of sockets) socket.on('error', () => {})
    while (!sockets.every(({ closed }) => closed)) await clock.advanceAsync(500)
  }
  await untilClosed(silent, slow)
  // No timer is left: what it was sent so far waits for it in the system, and then comes the end.
  while (clock.pending > 0) await clock.advanceAsync(500)
  await untilClosed(deaf.resume())
  t.equal(clock.pending, 0, 'all three were closed')
  await door.close()
})

t.test('there are only so many connections at once', async (t) => {
  const { dial } = await open(t, { maxConnections: 2 })
  const [one] = [await dial(), await dial()]
  const third = await dial()
  third.on('error', () => {})
  await once(third.resume(), 'close')
  one?.write(frame(question))
  if (one) t.equal((await readFrames(one, 1)).length, 1)
})

t.test('a port in use for either is an error that names the variable, and nothing stays open', async (t) => {
  const { port } = await open(t)
  const options = { reader: createFakeRoll(), host: '127.0.0.1', domain: 'rollcall' }
  await t.rejects(openDnsDoor({ ...options, port }), { code: 'ADDRESS_IN_USE', message: /DNS_PORT/ })
  const taken = await findFreePort()
  const udp = createSocket('udp4').bind(taken, '127.0.0.1')
  t.teardown(() => udp.close())
  await once(udp, 'listening')
  await t.rejects(openDnsDoor({ ...options, port: taken }), { code: 'ADDRESS_IN_USE' })
  const tcp = createServer().listen(taken, '127.0.0.1')
  t.teardown(() => tcp.close())
  await once(tcp, 'listening')
  await t.rejects(openDnsDoor({ ...options, port: 0, host: '192.0.2.77' }), {
    code: 'ADDRESS_UNREACHABLE',
    message: /DNS_HOST/,
  })
})

t.test('a name to listen on is one address for both, and IPv6 is one too', async (t) => {
  const { door } = await open(t, { host: 'localhost' })
  t.match(door.address, /^localhost:\d+$/)
  const { door: six } = await open(t, { host: '::1' })
  t.match(six.address, /^\[::1\]:\d+$/)
  const { door: all, port } = await open(t, { host: '0.0.0.0' })
  t.match(all.address, /^0\.0\.0\.0:\d+$/)
  const udp = createSocket('udp4')
  t.teardown(() => udp.close())
  udp.send(writeQuestion({ name: 'ns.rollcall' }), port, '127.0.0.1')
  const [packet] = await once(udp, 'message')
  t.ok(listAnswers(readReply(packet)).length > 0, 'the name server has an address')
})
