import { Writable } from 'node:stream'
import t from 'tap'
import { noHeader } from '../../../messaging/sp/header.ts'
import { WriteBatch } from '../../../messaging/sp/transports/write-batch.ts'

/** Takes one write after the other, each when told. */
class SlowSocket extends Writable {
  readonly taken: Buffer[] = []
  #done: ((error?: Error) => void) | undefined

  override _write(bytes: Buffer, _encoding: string, done: (error?: Error) => void): void {
    this.taken.push(bytes)
    this.#done = done
  }

  /** Completes all that it was given. */
  async takeAll(): Promise<void> {
    while (await this.complete());
  }

  /** Completes the write that is under way; false when there was none. */
  async complete(error?: Error): Promise<boolean> {
    const done = this.#done
    this.#done = undefined
    done?.(error)
    await new Promise(setImmediate)
    return done !== undefined
  }
}

function framesOf(bodies: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    bodies.flatMap((body) => {
      const head = Buffer.alloc(8)
      head.writeUInt32BE(body.length, 4)
      return [head, body]
    }),
  )
}

function write(socket: Writable, bodies: readonly Uint8Array[], header: Uint8Array = noHeader): void {
  const batch = new WriteBatch()
  for (const body of bodies) batch.append(header, body, 'none')
  batch.writeTo(socket)
}

const kibibyte = (text: string) => Buffer.alloc(1_024, text)

t.test('messages that follow on one another are one write', async (t) => {
  const socket = new SlowSocket()
  const bodies = ['a', 'b', 'c'].map(kibibyte)
  write(socket, bodies)
  t.equal(socket.taken.length, 1)
  t.ok(socket.taken[0]?.equals(framesOf(bodies)))
  await socket.takeAll()
})

t.test('parts of every size come out in order', async (t) => {
  const socket = new SlowSocket()
  const bodies = [0, 1, 16_384, 16_385, 70_000, 0, 300_000, 5].map((bytes) => Buffer.alloc(bytes, `${bytes}|`))
  write(socket, bodies)
  await socket.takeAll()
  t.ok(Buffer.concat(socket.taken).equals(framesOf(bodies)))
})

t.test('what a slow socket has not taken stays as it is, and its memory is used again afterwards', async (t) => {
  const [slow, fast] = [new SlowSocket(), new SlowSocket()]
  const waiting = Array.from({ length: 600 }, (_, i) => kibibyte(`slow ${i}|`))
  write(slow, waiting)
  const send = async (text: string) => {
    write(
      fast,
      Array.from({ length: 600 }, () => kibibyte(text)),
    )
    await fast.takeAll()
  }
  for (let i = 0; i < 10; i += 1) await send(`fast ${i}|`)
  await slow.takeAll()
  t.ok(Buffer.concat(slow.taken).equals(framesOf(waiting)))
  // The first may have been shared with others, who wait elsewhere.
  const memory = slow.taken[1]?.buffer
  for (let i = 0; i < 10; i += 1) await send('again')
  t.ok(fast.taken.some(({ buffer }) => buffer === memory))
})

t.test('a short message that a slow socket has not taken stays as it is', async (t) => {
  const [slow, fast] = [new SlowSocket(), new SlowSocket()]
  write(slow, [kibibyte('slow')])
  for (let i = 0; i < 600; i += 1) {
    write(fast, [kibibyte('fast')])
    await fast.takeAll()
  }
  t.ok(slow.taken[0]?.equals(framesOf([kibibyte('slow')])))
  await slow.takeAll()
})

t.test('the same message to many sockets is framed once', async (t) => {
  const [one, other] = [new SlowSocket(), new SlowSocket()]
  const [header, body] = [Buffer.from('0001'), kibibyte('question')]
  write(one, [body], header)
  write(other, [body], header)
  t.same(one.taken, other.taken)
  t.equal(one.taken[0]?.byteOffset, other.taken[0]?.byteOffset)
  for (const socket of [one, other]) await socket.takeAll()
})

t.test('a buffer that has other bytes by now is framed anew', async (t) => {
  const [one, other] = [new SlowSocket(), new SlowSocket()]
  const body = kibibyte('first')
  write(one, [body])
  body.fill('second')
  write(other, [body])
  t.ok(other.taken[0]?.equals(framesOf([kibibyte('second')])))
  for (const socket of [one, other]) await socket.takeAll()
})

t.test('memory of a write that failed is left alone', async (t) => {
  const [broken, fast] = [new SlowSocket(), new SlowSocket()]
  broken.on('error', () => {})
  const bodies = Array.from({ length: 600 }, () => kibibyte('lost'))
  write(broken, bodies)
  await broken.complete()
  const taken = broken.taken.slice(1)
  await broken.complete(new Error('reset'))
  for (let i = 0; i < 10; i += 1) {
    write(
      fast,
      bodies.map(() => kibibyte('next')),
    )
    await fast.takeAll()
  }
  t.equal(taken.length, 1)
  t.ok(taken.every((bytes) => bytes.includes('lost') && !bytes.includes('next')))
})

t.test('a batch that is dropped writes nothing', async (t) => {
  const socket = new SlowSocket()
  const batch = new WriteBatch()
  batch.append(noHeader, kibibyte('never'), 'none')
  t.equal(batch.byteLength, 1_032)
  batch.drop()
  batch.writeTo(socket)
  t.equal(batch.byteLength, 0)
  t.same(socket.taken, [])
})
