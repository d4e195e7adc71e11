// SP on byte streams, as in sp-tcp-mapping-01 and sp-ipc-mapping-01: eight bytes each way, then length and message, over
// and over. Pure: bytes in, messages out.

export const handshakeBytes = 8

/** `00 53 50 00 TT TT 00 00` for an endpoint type. */
export function formatHandshake(type: number): Buffer {
  return Buffer.from([0x00, 0x53, 0x50, 0x00, type >> 8, type & 0xff, 0x00, 0x00])
}

/** The endpoint type that eight bytes announce, or undefined when they are not SP's, version 0. */
export function readHandshake(bytes: Uint8Array): number | undefined {
  const isSp = bytes[0] === 0x00 && bytes[1] === 0x53 && bytes[2] === 0x50 && bytes[3] === 0x00
  const isPlain = bytes[6] === 0x00 && bytes[7] === 0x00
  return isSp && isPlain ? ((bytes[4] ?? 0) << 8) | (bytes[5] ?? 0) : undefined
}

/** Bytes before each length: ipc marks a message by 0x01. */
export type FramePrefix = 'none' | 'ipc'

const ipcMessage = 0x01

export function headBytes(prefix: FramePrefix): number {
  return prefix === 'ipc' ? 9 : 8
}

/** Writes prefix and length at `at`, and says where the message begins. */
export function writeFrameHead(target: Buffer, at: number, prefix: FramePrefix, length: number): number {
  let next = at
  if (prefix === 'ipc') target[next++] = ipcMessage
  target.writeUInt32BE(Math.floor(length / 0x1_0000_0000), next)
  target.writeUInt32BE(length >>> 0, next + 4)
  return next + 8
}

export type FrameError = 'oversized' | 'bad-frame'

/** Who takes the messages. Objects and no closures: a daemon has thousands, and each message touches all that a reader needs. */
export interface FrameReceiver {
  message(message: Buffer): void
}

/** Who is told that nothing can be read any more. */
export interface FrameOwner {
  frameError(error: FrameError): void
}

/** Cuts a byte stream into messages. A message within one chunk is a view of it; memory held for one that is under way
 * is what has arrived of it and no more, whatever length it announced. */
export class FrameReader {
  receiver: FrameReceiver
  /** Stops it between two messages, until it is false and continue() is called. Its own, rather than asked of the owner: that would be looked
   * up by name for every message. */
  isPaused = false
  readonly #owner: FrameOwner
  readonly #prefix: FramePrefix
  readonly #maxMessageBytes: number
  readonly #headBytes: number
  /** Unread bytes that were cut off at the end of a chunk, oldest first; mostly there are none. */
  #rest: Buffer[] | undefined
  #unreadBytes = 0
  /** Bytes that must be there before anything can be done: a head, or head and message. */
  #neededBytes: number
  #hasFailed = false
  /** A message handler may pause, resume or destroy: what it calls must not read the same bytes again. */
  #isReading = false

  constructor(owner: FrameOwner, receiver: FrameReceiver, prefix: FramePrefix, maxMessageBytes: number) {
    this.#owner = owner
    this.receiver = receiver
    this.#prefix = prefix
    this.#maxMessageBytes = maxMessageBytes
    this.#headBytes = headBytes(prefix)
    this.#neededBytes = this.#headBytes
  }

  push(chunk: Buffer): void {
    if (this.#hasFailed) return
    this.#unreadBytes += chunk.length
    if (!this.#rest && !this.#isReading && !this.isPaused) return this.#read(chunk)
    this.#rest ??= []
    this.#rest.push(chunk)
    if (this.#unreadBytes >= this.#neededBytes) this.continue()
  }

  /** Delivers what is whole already. */
  continue(): void {
    while (!this.#isReading && this.#unreadBytes >= this.#neededBytes && !this.isPaused) {
      const front = this.#takeFront()
      if (!front) return
      this.#read(front)
    }
  }

  /** The oldest chunk, or, where a message goes on in the next, that message alone: a chunk is not copied for its first. */
  #takeFront(): Buffer | undefined {
    const rest = this.#rest
    const oldest = rest?.[0]
    if (!rest || !oldest) return undefined
    const isAlone = oldest.length >= this.#neededBytes
    const front = isAlone ? oldest : Buffer.concat(rest, this.#neededBytes)
    dropBytes(rest, front.length)
    if (rest.length === 0) this.#rest = undefined
    return front
  }

  #read(bytes: Buffer): void {
    this.#isReading = true
    let at = 0
    this.#neededBytes = this.#headBytes
    try {
      while (bytes.length - at >= this.#headBytes && !this.isPaused) {
        const length = this.#readHead(bytes, at)
        if (length === undefined) return
        const end = at + this.#headBytes + length
        if (end > bytes.length) {
          this.#neededBytes = end - at
          break
        }
        const messageAt = at + this.#headBytes
        at = end
        this.receiver.message(bytes.subarray(messageAt, end))
      }
    } finally {
      this.#isReading = false
      this.#keep(bytes, at)
    }
  }

  /** What could not be delivered yet, before whatever came in while the rest was. */
  #keep(bytes: Buffer, from: number): void {
    if (this.#hasFailed) return
    if (from < bytes.length) this.#rest = [from === 0 ? bytes : bytes.subarray(from), ...(this.#rest ?? [])]
    this.#unreadBytes -= from
  }

  /** The message's length, or undefined after a failure. */
  #readHead(bytes: Buffer, at: number): number | undefined {
    if (this.#prefix === 'ipc' && bytes[at] !== ipcMessage) return this.#fail('bad-frame')
    const lengthAt = at + this.#headBytes - 8
    const high = bytes.readUInt32BE(lengthAt)
    const length = bytes.readUInt32BE(lengthAt + 4)
    return high !== 0 || length > this.#maxMessageBytes ? this.#fail('oversized') : length
  }

  #fail(error: FrameError): undefined {
    this.#hasFailed = true
    this.#rest = undefined
    this.#unreadBytes = 0
    this.#owner.frameError(error)
    return undefined
  }
}

/** Takes so many bytes off the front of a list of chunks. */
function dropBytes(chunks: Buffer[], bytes: number): void {
  let left = bytes
  while (left > 0) {
    const chunk = chunks.shift()
    if (!chunk) return
    if (chunk.length > left) chunks.unshift(chunk.subarray(left))
    left -= chunk.length
  }
}
