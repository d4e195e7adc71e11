// The frames of tunnels on a LINK pipe: one SP message each. Pure: bytes in, values out. Reading never throws and allocates nothing of a length
// that the peer says; the bytes of a DATA frame are a view of the message that came in.
//
// All numbers are big-endian. `name8` is one length byte and as many bytes of UTF-8; `…` runs to the end of the message. Bytes beyond a frame's
// table, and flags that are not in it, make it malformed.
//
//   byte 0  kind     bytes 1-4        then
//   0x40    OPEN     tunnel id u32    credit u32 | remaining ms u32 | cluster name8
//   0x41    ACCEPT   tunnel id u32    credit u32
//   0x42    REFUSE   tunnel id u32    code name8 | text … (at most 1,024 bytes)
//   0x43    DATA     tunnel id u32    flags u8 (1: more of this message follows) | at most 65,536 bytes …
//   0x44    CREDIT   tunnel id u32    credit u32 (1 and up)
//   0x45    END      tunnel id u32
//   0x46    TAKEN    tunnel id u32
//   0x47    RESET    tunnel id u32    code name8 | text … (at most 1,024 bytes)
//
// Who dialled the pipe opens tunnels with odd ids, the other side with even ones. The credit in OPEN and ACCEPT is what its sender is ready to
// receive; each DATA frame costs its bytes and 16 more, so that empty ones are bounded too, and CREDIT gives back what the application took.
// END: no DATA follows. TAKEN answers it once the application has taken all. A tunnel is over when both sides have had their TAKEN, and
// with REFUSE or RESET at once.

import { isUtf8 } from 'node:buffer'

export const tunnelKinds = Object.freeze({
  OPEN: 0x40,
  ACCEPT: 0x41,
  REFUSE: 0x42,
  DATA: 0x43,
  CREDIT: 0x44,
  END: 0x45,
  TAKEN: 0x46,
  RESET: 0x47,
})

export const maxChunkBytes = 65_536
const maxNameBytes = 255
const maxTextBytes = 1_024
const maxWord = 0xffff_ffff

/** What a DATA frame costs of the credit. */
export function costOf(bytes: number): number {
  return bytes + 16
}

/** Why a tunnel was refused or reset: a code for programs, a text for people. */
export interface TunnelReason {
  readonly code: string
  readonly text: string
}

export type TunnelFrame =
  | {
      readonly kind: 'open'
      readonly id: number
      readonly credit: number
      readonly remainingMs: number
      readonly cluster: string
    }
  | { readonly kind: 'accept' | 'credit'; readonly id: number; readonly credit: number }
  | { readonly kind: 'refuse' | 'reset'; readonly id: number; readonly reason: TunnelReason }
  | { readonly kind: 'data'; readonly id: number; readonly isLast: boolean; readonly bytes: Buffer }
  | { readonly kind: 'end' | 'taken'; readonly id: number }

export function formatOpen(id: number, credit: number, remainingMs: number, cluster: string): Buffer {
  const name = cut(cluster, maxNameBytes)
  const frame = head(tunnelKinds.OPEN, id, 14 + name.length)
  frame.writeUInt32BE(credit, 5)
  frame.writeUInt32BE(Math.min(maxWord, Math.max(0, Math.ceil(remainingMs))), 9)
  frame[13] = name.length
  frame.set(name, 14)
  return frame
}

export function formatCredit(kind: 'accept' | 'credit', id: number, credit: number): Buffer {
  const frame = head(kind === 'accept' ? tunnelKinds.ACCEPT : tunnelKinds.CREDIT, id, 9)
  frame.writeUInt32BE(credit, 5)
  return frame
}

/** Code and text are cut where they are too long. */
export function formatReason(kind: 'refuse' | 'reset', id: number, reason: TunnelReason): Buffer {
  const code = cut(reason.code, maxNameBytes)
  const text = cut(reason.text, maxTextBytes)
  const frame = head(kind === 'refuse' ? tunnelKinds.REFUSE : tunnelKinds.RESET, id, 6 + code.length + text.length)
  frame[5] = code.length
  frame.set(code, 6)
  frame.set(text, 6 + code.length)
  return frame
}

/** What stands before the bytes of a chunk. */
export function formatDataHead(id: number, isLast: boolean): Buffer {
  const frame = head(tunnelKinds.DATA, id, 6)
  frame[5] = isLast ? 0 : 1
  return frame
}

export function formatMark(kind: 'end' | 'taken', id: number): Buffer {
  return head(kind === 'end' ? tunnelKinds.END : tunnelKinds.TAKEN, id, 5)
}

/** The id alone, of a frame that may be malformed otherwise. */
export function readTunnelId(message: Buffer): number | undefined {
  return message.length >= 5 ? message.readUInt32BE(1) : undefined
}

/** Undefined: malformed. */
export function readTunnelFrame(message: Buffer): TunnelFrame | undefined {
  const id = readTunnelId(message)
  if (id === undefined) return undefined
  switch (message[0]) {
    case tunnelKinds.OPEN:
      return readOpen(id, message)
    case tunnelKinds.ACCEPT:
      return message.length === 9 ? { kind: 'accept', id, credit: message.readUInt32BE(5) } : undefined
    case tunnelKinds.CREDIT:
      return message.length === 9 && message.readUInt32BE(5) > 0
        ? { kind: 'credit', id, credit: message.readUInt32BE(5) }
        : undefined
    case tunnelKinds.REFUSE:
      return readReason('refuse', id, message)
    case tunnelKinds.RESET:
      return readReason('reset', id, message)
    case tunnelKinds.DATA: {
      const flags = message[5]
      if (flags === undefined || flags > 1 || message.length > 6 + maxChunkBytes) return undefined
      return { kind: 'data', id, isLast: flags === 0, bytes: message.subarray(6) }
    }
    case tunnelKinds.END:
      return message.length === 5 ? { kind: 'end', id } : undefined
    case tunnelKinds.TAKEN:
      return message.length === 5 ? { kind: 'taken', id } : undefined
    default:
      return undefined
  }
}

function readOpen(id: number, message: Buffer): TunnelFrame | undefined {
  if (message.length < 14 || message.length !== 14 + (message[13] ?? 0)) return undefined
  const name = message.subarray(14)
  if (!isUtf8(name)) return undefined
  const cluster = name.toString('utf8')
  return { kind: 'open', id, credit: message.readUInt32BE(5), remainingMs: message.readUInt32BE(9), cluster }
}

function readReason(kind: 'refuse' | 'reset', id: number, message: Buffer): TunnelFrame | undefined {
  const length = message[5]
  if (length === undefined || message.length < 6 + length || message.length > 6 + length + maxTextBytes)
    return undefined
  if (!isUtf8(message.subarray(6))) return undefined
  const reason = { code: message.toString('utf8', 6, 6 + length), text: message.toString('utf8', 6 + length) }
  return { kind, id, reason }
}

function head(kind: number, id: number, length: number): Buffer {
  const frame = Buffer.allocUnsafe(length)
  frame[0] = kind
  frame.writeUInt32BE(id, 1)
  return frame
}

/** Within the bound, and never half a character. */
function cut(text: string, maxBytes: number): Buffer {
  const bytes = Buffer.from(text)
  if (bytes.length <= maxBytes) return bytes
  let endAt = maxBytes
  while (endAt > 0 && ((bytes[endAt] ?? 0) & 0xc0) === 0x80) endAt -= 1
  return bytes.subarray(0, endAt)
}
