// What one connection has to write at the end of a tick: messages framed into slabs, where those that follow on one another directly are
// one write, and large bodies as they are.

import type { Writable } from 'node:stream'
import type { FramePrefix } from '../frame.ts'
import type { Slab } from './slab.ts'
import { headBytes, writeFrameHead } from '../frame.ts'
import { noHeader } from '../header.ts'
import { slabFor } from './slab.ts'

/** A message up to this size is copied behind its head; the parts of a larger one are handed to the socket as they are. */
const copiedBytes = 16_384

interface Part {
  readonly bytes: Uint8Array
  /** Undefined where the bytes are the sender's. */
  readonly slab: Slab | undefined
}

/** A run up to this size is mostly taken by the system at once. */
const promptBytes = 16_384

/** A callback costs a tick of its own, which is a good part of what one question to one respondent costs: a short run goes without. Where
 * it has to wait after all, nobody says when its slab is free, and the collector of garbage has it. */
function writeRun(socket: Writable, bytes: Buffer, slab: Slab): void {
  if (bytes.length > promptBytes || socket.writableLength > 0) {
    socket.write(bytes, slab.release)
    return
  }
  socket.write(bytes)
  if (socket.writableLength === 0) slab.release()
}

/** Where a message was framed. */
interface Framed {
  readonly header: Uint8Array
  readonly body: Uint8Array
  readonly prefix: FramePrefix
  readonly slab: Slab
  readonly from: number
  readonly to: number
}

/** The last one with a header: a survey puts the same question to thousands of pipes, and needs one frame. */
let lastFramed: Framed | undefined

export class WriteBatch {
  byteLength = 0
  /** The last run of bytes, which grows while the next message is framed directly behind it. */
  #slab: Slab | undefined
  #from = 0
  #to = 0
  /** What stands before it; mostly nothing. */
  #earlier: Part[] | undefined

  append(header: Uint8Array, body: Uint8Array, prefix: FramePrefix): void {
    if (header.length + body.length <= copiedBytes) this.#appendCopy(header, body, prefix)
    else this.#appendParts(header, body, prefix)
  }

  writeTo(socket: Writable): void {
    const earlier = this.#earlier
    const slab = this.#slab
    if (earlier) {
      socket.cork()
      for (const part of earlier) socket.write(part.bytes, part.slab?.release)
    }
    if (slab) writeRun(socket, slab.bytes.subarray(this.#from, this.#to), slab)
    if (earlier) socket.uncork()
    this.#forget()
  }

  /** None of it is written. */
  drop(): void {
    for (const { slab } of this.#earlier ?? []) slab?.release()
    this.#slab?.release()
    this.#forget()
  }

  #forget(): void {
    this.byteLength = 0
    this.#earlier = undefined
    this.#slab = undefined
  }

  #appendCopy(header: Uint8Array, body: Uint8Array, prefix: FramePrefix): void {
    // Nobody may change the parts afterwards, so equal parts make equal frames. Without a header of its own each time, the same buffer
    // may have other bytes in it by now.
    if (lastFramed?.header === header && lastFramed.body === body && lastFramed.prefix === prefix)
      return this.#appendRun(lastFramed.slab, lastFramed.from, lastFramed.to)
    const slab = slabFor(headBytes(prefix) + header.length + body.length)
    const from = slab.usedBytes
    const bodyAt = writeFrameHead(slab.bytes, from, prefix, header.length + body.length) + header.length
    const to = bodyAt + body.length
    if (header.length > 0) slab.bytes.set(header, bodyAt - header.length)
    slab.bytes.set(body, bodyAt)
    slab.usedBytes = to
    this.#appendRun(slab, from, to)
    if (header === noHeader) return
    slab.hold()
    lastFramed?.slab.release()
    lastFramed = { header, body, prefix, slab, from, to }
  }

  #appendParts(header: Uint8Array, body: Uint8Array, prefix: FramePrefix): void {
    const slab = slabFor(headBytes(prefix))
    const from = slab.usedBytes
    slab.usedBytes = writeFrameHead(slab.bytes, from, prefix, header.length + body.length)
    this.#appendRun(slab, from, slab.usedBytes)
    this.#endRun()
    for (const bytes of [header, body]) if (bytes.length > 0) this.#push({ bytes, slab: undefined })
    this.byteLength += header.length + body.length
  }

  #appendRun(slab: Slab, from: number, to: number): void {
    this.byteLength += to - from
    if (this.#slab !== slab || this.#to !== from) {
      this.#endRun()
      slab.hold()
      this.#slab = slab
      this.#from = from
    }
    this.#to = to
  }

  #endRun(): void {
    const slab = this.#slab
    if (slab) this.#push({ bytes: slab.bytes.subarray(this.#from, this.#to), slab })
    this.#slab = undefined
  }

  #push(part: Part): void {
    this.#earlier ??= []
    this.#earlier.push(part)
  }
}
