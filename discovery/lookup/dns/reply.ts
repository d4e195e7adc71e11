// A reply as bytes: the question as it came, records that were made before, and their owners. Promises a message of at most
// so many bytes, with whole records, `TC` where the answer lacks some, and nothing in it that the answer does not give.

import type { Query, Rcode } from './query.ts'
import type { RecordBody } from './record.ts'
import type { TargetAddress } from './provider-records.ts'
import { rcodes } from './query.ts'

export interface Answer {
  readonly rcode: Rcode
  /** False where the name is not ours to speak of. */
  readonly isAuthoritative: boolean
  /** Owned by the name of the question. */
  readonly records: readonly AnswerRecord[]
  /** For an answer without records, owned by the zone: how long that may be kept. */
  readonly soa?: { readonly body: RecordBody; readonly ownerLabels: number }
}

export interface AnswerRecord {
  readonly body: RecordBody
  /** Goes along, owned by the target of this record, where there is room. */
  readonly address?: TargetAddress | undefined
}

/** Over UDP no more than crosses any network in one piece (DNS flag day 2020). */
export const maxUdpBytes = 1232
export const maxTcpBytes = 65_535
/** For clients that do not speak EDNS: RFC 1035, section 4.2.1. */
const plainUdpBytes = 512

const headerBytes = 12
const pointerBytes = 2
/** Further away than this no pointer points. */
const maxPointer = 0x3fff
/** Type, class, TTL and length; in an SRV record priority, weight and port follow, then the target. */
const bytesBeforeTarget = 10 + 6

const flags = Object.freeze({
  response: 0x8000,
  authoritative: 0x0400,
  truncated: 0x0200,
  recursionDesired: 0x0100,
  checkingDisabled: 0x0010,
})

/** Root, type OPT, what we take, no version but 0, no flags, no options. */
const optionRecord = Buffer.from([0, 0, 41, maxUdpBytes >> 8, maxUdpBytes & 0xff, 0, 0, 0, 0, 0, 0])
const extendedRcodeAt = 5

/** Where every reply is put together before it is copied out, in as many bytes as it has. */
const draft = Buffer.allocUnsafe(maxTcpBytes)

export function writeReply(query: Query, answer: Answer, transport: 'udp' | 'tcp'): Buffer {
  const { message, endOfQuestion, edns } = query
  const optionBytes = edns ? optionRecord.length : 0
  const room = (transport === 'tcp' ? maxTcpBytes : readUdpBytes(edns)) - optionBytes
  message.copy(draft, 0, 0, endOfQuestion)
  let at = endOfQuestion
  let answers = 0
  const targets = new Map<TargetAddress, number>()
  for (const { body, address } of answer.records) {
    if (at + pointerBytes + body.length > room) break
    if (address && !targets.has(address)) targets.set(address, at + pointerBytes + bytesBeforeTarget)
    at = writeRecord(at, headerBytes, body)
    answers += 1
  }
  const isTruncated = answers < answer.records.length
  let authorities = 0
  if (answer.soa && at + pointerBytes + answer.soa.body.length <= room) {
    at = writeRecord(at, findOwner(query, answer.soa.ownerLabels), answer.soa.body)
    authorities = 1
  }
  let additionals = 0
  // What is cut is asked for again over TCP, all of it: it need not come twice.
  if (!isTruncated)
    for (const [{ body }, target] of targets) {
      if (target > maxPointer || at + pointerBytes + body.length > room) break
      at = writeRecord(at, target, body)
      additionals += 1
    }
  const rcode = rcodes[answer.rcode]
  if (edns) {
    optionRecord.copy(draft, at)
    draft[at + extendedRcodeAt] = rcode >> 4
    at += optionBytes
    additionals += 1
  }
  const given = message.readUInt16BE(2) & (flags.recursionDesired | flags.checkingDisabled)
  const ours = (answer.isAuthoritative ? flags.authoritative : 0) | (isTruncated ? flags.truncated : 0)
  draft.writeUInt16BE(flags.response | given | ours | (rcode & 0xf), 2)
  draft.writeUInt16BE(answers, 6)
  draft.writeUInt16BE(authorities, 8)
  draft.writeUInt16BE(additionals, 10)
  return Buffer.from(draft.subarray(0, at))
}

/** To what is no question that could be sent back: the header alone. */
export function writeBareReply(message: Buffer, rcode: Rcode): Buffer {
  const reply = Buffer.alloc(headerBytes)
  message.copy(reply, 0, 0, 4)
  const given = message.readUInt16BE(2) & (0x7800 | flags.recursionDesired)
  reply.writeUInt16BE(flags.response | given | rcodes[rcode], 2)
  return reply
}

function readUdpBytes(edns: Query['edns']): number {
  return Math.min(maxUdpBytes, Math.max(plainUdpBytes, edns?.maxBytes ?? 0))
}

function writeRecord(at: number, ownerAt: number, body: RecordBody): number {
  draft.writeUInt16BE(0xc000 | ownerAt, at)
  body.copy(draft, at + pointerBytes)
  return at + pointerBytes + body.length
}

/** Where in the question the last so many labels of its name begin. */
function findOwner({ message, labels }: Query, ownerLabels: number): number {
  let at = headerBytes
  for (let skip = labels.length - ownerLabels; skip > 0; skip -= 1) at += 1 + (message[at] ?? 0)
  return at
}
