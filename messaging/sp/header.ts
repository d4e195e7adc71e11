// SP header words: 32 bits big-endian. Hop words have the top bit clear; the id, last, has it set. Pure.

const topBit = 0x8000_0000

/** Of patterns whose messages are all body. */
export const noHeader = Buffer.alloc(0)

/** Bytes of the header at the front of a question or request, its id included; or why there is none. */
export function readBacktrace(message: Buffer, maxWords: number): number | 'malformed' | 'too-many-hops' {
  for (let words = 1; words * 4 <= message.length; words += 1) {
    if (words > maxWords) return 'too-many-hops'
    if (((message[(words - 1) * 4] ?? 0) & 0x80) !== 0) return words * 4
  }
  return 'malformed'
}

/** The hop word at the front of an answer on its way back, or undefined when there is none. */
export function readHop(message: Buffer): number | undefined {
  if (message.length < 4) return undefined
  const word = message.readUInt32BE(0)
  return word < topBit ? word : undefined
}

/** The id at the front of an answer or reply, or undefined when there is none. */
export function readId(message: Buffer): number | undefined {
  if (message.length < 4) return undefined
  const word = message.readUInt32BE(0)
  return word >= topBit ? word : undefined
}

export function formatId(id: number): Buffer {
  const word = Buffer.allocUnsafe(4)
  word.writeUInt32BE(id, 0)
  return word
}

/** Ids of questions and requests: top bit set, from a random start, one after the other. */
export interface IdSequence {
  next(): number
  /** Whether this id was given out, as far as 2^31 ids go. */
  isOurs(id: number): boolean
}

export function createIdSequence(random: () => number): IdSequence {
  const first = Math.floor(random() * topBit)
  let offset = 0
  let hasWrapped = false
  return {
    next() {
      const id = topBit + ((first + offset) % topBit)
      offset += 1
      if (offset === topBit) {
        offset = 0
        hasWrapped = true
      }
      return id
    },
    isOurs: (id) => hasWrapped || (id - first) % topBit < offset,
  }
}
