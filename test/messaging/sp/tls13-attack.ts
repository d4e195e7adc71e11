// What can be made of a recorded TLS 1.3 session by who has its pre-shared key and nothing else: the key schedule of RFC 8446, section 7.1,
// with zeros where the secret of an exchange of the session's own belongs. Reads what OpenSSL sends under TLS_AES_128_GCM_SHA256 with one external
// key and no HelloRetryRequest, and throws where a recording is anything else.

import { createDecipheriv, createHash, createHmac } from 'node:crypto'

/** Every byte of both directions. */
export interface Recording {
  readonly fromDialer: Buffer
  readonly fromListener: Buffer
}

interface TlsRecord {
  readonly type: number
  readonly header: Buffer
  readonly body: Buffer
}

const types = Object.freeze({ handshake: 22, applicationData: 23 })
const finished = 20
const hashBytes = 32
const nothing = Buffer.alloc(hashBytes)
const presharedKeyExtension = 41

/** Of the key that was offered, in clear on the wire. */
export function identityIn({ fromDialer }: Recording): string {
  const hello = helloOf(readRecords(fromDialer))
  // Head of the message, version and random; then session id, ciphers and compression methods.
  let at = 4 + 2 + 32
  at += 1 + hello.readUInt8(at)
  at += 2 + hello.readUInt16BE(at)
  at += 1 + hello.readUInt8(at)
  at += 2
  while (hello.readUInt16BE(at) !== presharedKeyExtension) at += 4 + hello.readUInt16BE(at + 2)
  const identityAt = at + 4 + 2
  return hello.toString('utf8', identityAt + 2, identityAt + 2 + hello.readUInt16BE(identityAt))
}

/** Whether this is the key of the session: the dialer's proof of it stands at the end of its hello. */
export function isKeyOf({ fromDialer }: Recording, key: Uint8Array): boolean {
  const hello = helloOf(readRecords(fromDialer))
  const binder = hello.subarray(-hashBytes)
  // The binder, its length, and the length of the list that holds it.
  const proven = hello.subarray(0, -(hashBytes + 1 + 2))
  const secret = deriveSecret(extract(nothing, key), 'ext binder', '')
  const expected = hmac(expandLabel(secret, 'finished', '', hashBytes), createHash('sha256').update(proven).digest())
  return expected.equals(binder)
}

/** What the programs said to each other; undefined where the cipher does not open. */
export function readWithKey({ fromDialer, fromListener }: Recording, key: Uint8Array): Recording | undefined {
  const [dialer, listener] = [readRecords(fromDialer), readRecords(fromListener)]
  const hellos = Buffer.concat([helloOf(dialer), helloOf(listener)])
  const handshakeSecret = extract(deriveSecret(extract(nothing, key), 'derived', ''), nothing)
  const heard = readHandshake(listener, deriveSecret(handshakeSecret, 's hs traffic', hellos))
  const said = readHandshake(dialer, deriveSecret(handshakeSecret, 'c hs traffic', hellos))
  if (!heard || !said) return undefined
  const transcript = Buffer.concat([hellos, heard.messages])
  const masterSecret = extract(deriveSecret(handshakeSecret, 'derived', ''), nothing)
  const answered = readApplication(heard.rest, deriveSecret(masterSecret, 's ap traffic', transcript))
  const asked = readApplication(said.rest, deriveSecret(masterSecret, 'c ap traffic', transcript))
  return asked && answered && { fromDialer: asked, fromListener: answered }
}

/** The messages of one side up to the one that ends its handshake. */
function readHandshake(
  records: readonly TlsRecord[],
  secret: Buffer,
): { readonly messages: Buffer; readonly rest: readonly TlsRecord[] } | undefined {
  const open = createOpener(secret)
  const sealed = records.filter(({ type }) => type === types.applicationData)
  let messages: Buffer = Buffer.alloc(0)
  for (const [at, record] of sealed.entries()) {
    const opened = open(record)
    if (!opened) return undefined
    messages = Buffer.concat([messages, opened.content])
    if (endsInFinished(messages)) return { messages, rest: sealed.slice(at + 1) }
  }
  throw new Error('the recording ends within the handshake')
}

function endsInFinished(messages: Buffer): boolean {
  let [type, at] = [0, 0]
  while (at + 4 <= messages.length) {
    type = messages.readUInt8(at)
    at += 4 + messages.readUIntBE(at + 1, 3)
  }
  return type === finished && at === messages.length
}

function readApplication(records: readonly TlsRecord[], secret: Buffer): Buffer | undefined {
  const open = createOpener(secret)
  const contents: Buffer[] = []
  for (const record of records) {
    const opened = open(record)
    if (!opened) return undefined
    if (opened.type === types.applicationData) contents.push(opened.content)
  }
  return Buffer.concat(contents)
}

/** Opens the records of one direction under one secret, in order; undefined where the tag is wrong. */
function createOpener(secret: Buffer) {
  const key = expandLabel(secret, 'key', '', 16)
  const iv = expandLabel(secret, 'iv', '', 12)
  let sequence = 0
  return ({ header, body }: TlsRecord): { readonly type: number; readonly content: Buffer } | undefined => {
    const nonce = Buffer.from(iv)
    nonce.writeUInt32BE((nonce.readUInt32BE(8) ^ sequence) >>> 0, 8)
    sequence += 1
    const decipher = createDecipheriv('aes-128-gcm', key, nonce).setAAD(header).setAuthTag(body.subarray(-16))
    const inner = decipher.update(body.subarray(0, -16))
    try {
      decipher.final()
    } catch {
      return undefined
    }
    // The type stands last, before zeros that hide the length.
    const typeAt = inner.findLastIndex((byte) => byte !== 0)
    return { type: inner.readUInt8(typeAt), content: inner.subarray(0, typeAt) }
  }
}

/** Whole ones; a connection may have been broken off within the last. */
function readRecords(bytes: Buffer): TlsRecord[] {
  const records: TlsRecord[] = []
  let at = 0
  while (at + 5 <= bytes.length) {
    const end = at + 5 + bytes.readUInt16BE(at + 3)
    if (end > bytes.length) break
    records.push({
      type: bytes.readUInt8(at),
      header: bytes.subarray(at, at + 5),
      body: bytes.subarray(at + 5, end),
    })
    at = end
  }
  return records
}

function helloOf(records: readonly TlsRecord[]): Buffer {
  const inClear = records.filter(({ type }) => type === types.handshake)
  if (inClear.length !== 1 || !inClear[0]) throw new Error(`${inClear.length} messages in clear instead of a hello`)
  return inClear[0].body
}

function extract(salt: Uint8Array, input: Uint8Array): Buffer {
  return hmac(salt, input)
}

function deriveSecret(secret: Buffer, label: string, transcript: string | Uint8Array): Buffer {
  return expandLabel(secret, label, createHash('sha256').update(transcript).digest(), hashBytes)
}

/** HKDF-Expand-Label, for no more than one block. */
function expandLabel(secret: Buffer, label: string, context: string | Uint8Array, length: number): Buffer {
  const sized = (bytes: Buffer) => Buffer.concat([Buffer.from([bytes.length]), bytes])
  const info = Buffer.concat([
    Buffer.from([0, length]),
    sized(Buffer.from(`tls13 ${label}`)),
    sized(Buffer.from(context)),
    Buffer.from([1]),
  ])
  return hmac(secret, info).subarray(0, length)
}

function hmac(key: Uint8Array, input: Uint8Array): Buffer {
  return createHmac('sha256', key).update(input).digest()
}
