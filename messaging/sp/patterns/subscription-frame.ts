// What our SUB tells our PUB: which prefixes it wants from now on, and which no more. One byte for which of the two, then each prefix
// after its length in 32 bits. Only on pipes whose two ends are ours (messaging/PROTOCOL.md): a foreign PUB never hears of it.

export type SubscriptionChange = 'subscribe' | 'unsubscribe'

const kinds = Object.freeze({ subscribe: 1, unsubscribe: 2 })
/** A frame is closed with the prefix that makes it longer than this. */
const frameBytes = 65_536
const lengthBytes = 4

/** As few frames as hold them. */
export function* formatSubscriptions(change: SubscriptionChange, prefixes: Iterable<Uint8Array>): Generator<Buffer> {
  let parts: Uint8Array[] = []
  let bytes = 0
  const close = () => {
    const frame = Buffer.concat([Buffer.of(kinds[change]), ...parts])
    parts = []
    bytes = 0
    return frame
  }
  for (const prefix of prefixes) {
    const length = Buffer.allocUnsafe(lengthBytes)
    length.writeUInt32BE(prefix.length)
    parts.push(length, prefix)
    bytes += lengthBytes + prefix.length
    if (bytes >= frameBytes) yield close()
  }
  if (parts.length > 0) yield close()
}

/** The prefixes are views of the frame. Undefined when it is malformed. */
export function readSubscriptions(
  frame: Buffer,
): { readonly change: SubscriptionChange; readonly prefixes: readonly Buffer[] } | undefined {
  const change = frame[0] === kinds.subscribe ? 'subscribe' : frame[0] === kinds.unsubscribe ? 'unsubscribe' : undefined
  if (!change) return undefined
  const prefixes: Buffer[] = []
  let at = 1
  while (at < frame.length) {
    if (frame.length - at < lengthBytes) return undefined
    const end = at + lengthBytes + frame.readUInt32BE(at)
    if (end > frame.length) return undefined
    prefixes.push(frame.subarray(at + lengthBytes, end))
    at = end
  }
  return { change, prefixes }
}
