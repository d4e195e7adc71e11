// A DNS message as a question, or why it is none. The edge: whatever comes in ends here as a value, and nothing is thrown.

import type { DecodedPacket } from 'dns-packet'
import { decode } from 'dns-packet'

/** Of the header and EDNS: the low four bits stand in the one, the rest in the other. */
export const rcodes = Object.freeze({
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  BADVERS: 16,
})

export type Rcode = keyof typeof rcodes

export interface Query {
  /** As it came: id, flags and question are sent back from here. */
  readonly message: Buffer
  /** Of the question's name, in lower case, without the root. */
  readonly labels: readonly string[]
  /** Where the question ends in the message. */
  readonly endOfQuestion: number
  /** `A`, `SRV`, …, or `UNKNOWN_65` for what the library has no name for. */
  readonly type: string
  /** `IN`, or what will be refused. */
  readonly class: string
  /** What the client takes over UDP, where it speaks EDNS. */
  readonly edns: { readonly maxBytes: number; readonly version: number } | undefined
}

/** `IGNORED` is what must not be answered: it is an answer itself, or too short to have an id. */
export type QueryReading = { readonly query: Query } | { readonly rcode: Rcode } | 'IGNORED'

const headerBytes = 12
/** RFC 1035, section 2.3.4. */
const maxNameBytes = 255
/** EDNS, and a signature or a cookie beside it. */
const maxAdditionals = 4

export function readQuery(message: Buffer): QueryReading {
  if (message.length < headerBytes) return 'IGNORED'
  const flags = message.readUInt16BE(2)
  if (flags & 0x8000) return 'IGNORED'
  if (flags & 0x7800) return { rcode: 'NOTIMP' }
  const [questions, answers, authorities, additionals] = [4, 6, 8, 10].map((at) => message.readUInt16BE(at))
  if (questions !== 1 || answers !== 0 || authorities !== 0 || (additionals ?? 0) > maxAdditionals)
    return { rcode: 'FORMERR' }
  const name = readName(message)
  const packet = decodeSafely(message)
  const question = packet?.questions?.[0]
  const options = packet?.additionals?.filter((record) => record.type === 'OPT')
  if (!name || !question || !options || options.length > 1) return { rcode: 'FORMERR' }
  const [option] = options
  const query: Query = {
    message,
    labels: name.labels,
    endOfQuestion: name.end + 4,
    type: question.type,
    class: question.class ?? 'IN',
    edns: option && { maxBytes: option.udpPayloadSize, version: option.ednsVersion },
  }
  return { query }
}

/** Throws for whatever is no DNS message: loops, overruns, lengths that are none. */
function decodeSafely(message: Buffer): DecodedPacket | undefined {
  try {
    return decode(message)
  } catch {
    return undefined
  }
}

/** The question's name as it stands on the wire. The library's text of it does not tell a dot within a label from one between two,
 * and takes pointers, which nothing could stand before that they point to. */
function readName(message: Buffer): { readonly labels: readonly string[]; readonly end: number } | undefined {
  const labels: string[] = []
  let at = headerBytes
  for (;;) {
    const length = message[at]
    if (length === undefined || length > 63) return undefined
    at += 1
    if (at + length > message.length || at + length - headerBytes > maxNameBytes) return undefined
    if (length === 0) return { labels, end: at }
    labels.push(message.toString('utf8', at, at + length).toLowerCase())
    at += length
  }
}
