// The frames that two Iris processes send each other on a LINK pipe: one SP message each. Pure: bytes in, values out. Reading
// never throws and allocates nothing of a length that the peer says; a body is a view of the message that came in.
//
// All numbers are big-endian. `name8` is one length byte and as many bytes of UTF-8; `…` runs to the end of the message.
//
//   byte 0  kind       then
//   0x01    HELLO      version u8 | boot name8 | cluster name8 | id name8 | address name8
//   0x02    REQUEST    flags u8 (1: a survey's question) | id u32 | remaining ms u32 | cluster name8 | body …
//   0x03    REPLY      load u8 (of 255) | id u32 | body …
//   0x04    FAULT      load u8 (of 255) | id u32 | cause u8 (1 handler, 2 busy, 3 not here, 4 not allowed) | code name8 | text …
//   0x05    CANCEL     id u32
//   0x06    BROADCAST  cluster name8 | body …
//   0x07    PUBLISH    topic name8 | body …
//   0x08    GOODBYE    reason u8 (0 idle, 1 leaving, 2 one pipe too many)
//   0x40 to 0x4f       of tunnels: tunnel id u32 | …, messaging/iris/tunnel/
//
// HELLO is the first frame of either side, and there is one. An id is the caller's own and names the call in REPLY, FAULT and CANCEL.

import { isUtf8 } from 'node:buffer'

export const protocolVersion = 1

export const frameKinds = Object.freeze({
  HELLO: 0x01,
  REQUEST: 0x02,
  REPLY: 0x03,
  FAULT: 0x04,
  CANCEL: 0x05,
  BROADCAST: 0x06,
  PUBLISH: 0x07,
  GOODBYE: 0x08,
})

/** The kinds that belong to tunnels. */
export function isTunnelKind(kind: number): boolean {
  return kind >= 0x40 && kind <= 0x4f
}

/** Why a request has no reply. All but `handler` say that it was not started, so that it may go to another member. */
const faultCauses = Object.freeze({ handler: 1, busy: 2, 'not-here': 3, 'not-allowed': 4 })
export type FaultCause = keyof typeof faultCauses

const goodbyeReasons = Object.freeze({ idle: 0, leaving: 1, surplus: 2 })
export type GoodbyeReason = keyof typeof goodbyeReasons

/** A name has one length byte; a fault's text is for people. */
export const frameLimits = Object.freeze({ maxNameBytes: 255, maxFaultTextBytes: 4_096 })

/** Who is at the other end: the process, and the member that it is, if it is one. */
export interface Hello {
  readonly version: number
  /** Random per node: two pipes with the same boot lead to the same node. */
  readonly boot: string
  /** Empty for a program that only calls. */
  readonly cluster: string
  readonly id: string
  /** Where it listens, as it stands on the roll; without host where it leaves that to whoever sees it. Empty: nowhere. */
  readonly address: string
}

export interface Request {
  readonly isSurvey: boolean
  readonly id: number
  readonly remainingMs: number
  readonly cluster: string
  readonly body: Buffer
}

export interface Reply {
  /** 0 = idle, 1 = as much as it can do. */
  readonly load: number
  readonly id: number
  readonly body: Buffer
}

export interface Fault {
  readonly load: number
  readonly id: number
  readonly cause: FaultCause
  /** The handler's own code; empty where it gave none. */
  readonly code: string
  readonly text: string
}

/** To all members of a cluster, or to all subscribers of a topic. */
export interface Cast {
  readonly name: string
  readonly body: Buffer
}

const nothing = Buffer.alloc(0)

export function formatHello({ version, boot, cluster, id, address }: Hello): Buffer {
  return Buffer.concat([Buffer.from([frameKinds.HELLO, version]), ...[boot, cluster, id, address].map(formatName)])
}

/** What stands before the body of a request; the name comes from formatName(), once per cluster. */
export function formatRequestHead(isSurvey: boolean, id: number, remainingMs: number, name: Uint8Array): Buffer {
  const head = Buffer.allocUnsafe(10 + name.length)
  head[0] = frameKinds.REQUEST
  head[1] = isSurvey ? 1 : 0
  head.writeUInt32BE(id, 2)
  head.writeUInt32BE(Math.min(0xffff_ffff, Math.max(0, Math.ceil(remainingMs))), 6)
  head.set(name, 10)
  return head
}

export function formatReplyHead(load: number, id: number): Buffer {
  const head = Buffer.allocUnsafe(6)
  head[0] = frameKinds.REPLY
  head[1] = loadByte(load)
  head.writeUInt32BE(id, 2)
  return head
}

/** Code and text are cut where they are too long. */
export function formatFault({ load, id, cause, code, text }: Fault): Buffer {
  const head = Buffer.allocUnsafe(7)
  head[0] = frameKinds.FAULT
  head[1] = loadByte(load)
  head.writeUInt32BE(id, 2)
  head[6] = faultCauses[cause]
  const codeBytes = cut(code, frameLimits.maxNameBytes)
  return Buffer.concat([head, Buffer.from([codeBytes.length]), codeBytes, cut(text, frameLimits.maxFaultTextBytes)])
}

export function formatCancel(id: number): Buffer {
  const frame = Buffer.allocUnsafe(5)
  frame[0] = frameKinds.CANCEL
  frame.writeUInt32BE(id, 1)
  return frame
}

export function formatBroadcastHead(cluster: string): Buffer {
  return Buffer.concat([Buffer.from([frameKinds.BROADCAST]), formatName(cluster)])
}

export function formatPublishHead(topic: string): Buffer {
  return Buffer.concat([Buffer.from([frameKinds.PUBLISH]), formatName(topic)])
}

export function formatGoodbye(reason: GoodbyeReason): Buffer {
  return Buffer.from([frameKinds.GOODBYE, goodbyeReasons[reason]])
}

/** One length byte and the name. */
export function formatName(name: string): Buffer {
  const bytes = cut(name, frameLimits.maxNameBytes)
  return Buffer.concat([Buffer.from([bytes.length]), bytes])
}

export function readHello(message: Buffer): Hello | undefined {
  const version = message[1]
  if (version === undefined) return undefined
  const names: string[] = []
  let at = 2
  for (let i = 0; i < 4; i += 1) {
    const name = readName(message, at)
    if (name === undefined) return undefined
    names.push(name.text)
    at = name.endAt
  }
  const [boot = '', cluster = '', id = '', address = ''] = names
  return boot === '' ? undefined : { version, boot, cluster, id, address }
}

export function readRequest(message: Buffer): Request | undefined {
  if (message.length < 11) return undefined
  const name = readName(message, 10)
  if (name === undefined) return undefined
  return {
    isSurvey: ((message[1] ?? 0) & 1) === 1,
    id: message.readUInt32BE(2),
    remainingMs: message.readUInt32BE(6),
    cluster: name.text,
    body: message.subarray(name.endAt),
  }
}

export function readReply(message: Buffer): Reply | undefined {
  if (message.length < 6) return undefined
  return { load: (message[1] ?? 0) / 255, id: message.readUInt32BE(2), body: message.subarray(6) }
}

export function readFault(message: Buffer): Fault | undefined {
  if (message.length < 8) return undefined
  const cause = causes[message[6] ?? 0]
  const code = readName(message, 7)
  if (cause === undefined || code === undefined) return undefined
  const text = message.toString('utf8', code.endAt, code.endAt + frameLimits.maxFaultTextBytes)
  return { load: (message[1] ?? 0) / 255, id: message.readUInt32BE(2), cause, code: code.text, text }
}

export function readCancel(message: Buffer): number | undefined {
  return message.length === 5 ? message.readUInt32BE(1) : undefined
}

/** A BROADCAST or a PUBLISH. */
export function readCast(message: Buffer): Cast | undefined {
  const name = readName(message, 1)
  return name === undefined ? undefined : { name: name.text, body: message.subarray(name.endAt) }
}

export function readGoodbye(message: Buffer): GoodbyeReason | undefined {
  return message.length === 2 ? goodbyes[message[1] ?? 0] : undefined
}

const causes: readonly (FaultCause | undefined)[] = [undefined, 'handler', 'busy', 'not-here', 'not-allowed']
const goodbyes: readonly (GoodbyeReason | undefined)[] = ['idle', 'leaving', 'surplus']

function readName(message: Buffer, at: number): { readonly text: string; readonly endAt: number } | undefined {
  const length = message[at]
  if (length === undefined || at + 1 + length > message.length) return undefined
  const endAt = at + 1 + length
  const bytes = message.subarray(at + 1, endAt)
  return isUtf8(bytes) ? { text: bytes.toString('utf8'), endAt } : undefined
}

function loadByte(load: number): number {
  return Math.round(Math.min(1, Math.max(0, load)) * 255)
}

/** Within the bound, and never half a character. */
function cut(text: string, maxBytes: number): Buffer {
  const bytes = Buffer.from(text)
  if (bytes.length <= maxBytes) return bytes
  let endAt = maxBytes
  while (endAt > 0 && ((bytes[endAt] ?? 0) & 0xc0) === 0x80) endAt -= 1
  return endAt > 0 ? bytes.subarray(0, endAt) : nothing
}
