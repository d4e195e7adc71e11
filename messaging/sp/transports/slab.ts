// Where small messages are framed: slices of a shared buffer, so that a message costs a copy and no allocation, and
// messages sent one after the other on one connection lie side by side and go out in one write.

const slabBytes = 262_144

let slab = Buffer.allocUnsafeSlow(slabBytes)
let usedBytes = 0

/** A slice of `bytes` bytes, following directly on `previous` where that was the last one given out. */
export function takeSlice(bytes: number): Buffer {
  if (usedBytes + bytes > slabBytes) {
    // The full slab is collected when its last write has completed.
    slab = Buffer.allocUnsafeSlow(Math.max(slabBytes, bytes))
    usedBytes = 0
  }
  const slice = slab.subarray(usedBytes, usedBytes + bytes)
  usedBytes += bytes
  return slice
}

/** One buffer over both when `next` follows directly on `previous` in the same slab. */
export function joinSlices(previous: Buffer, next: Buffer): Buffer | undefined {
  if (previous.buffer !== next.buffer || previous.byteOffset + previous.length !== next.byteOffset) return undefined
  return Buffer.from(previous.buffer, previous.byteOffset, previous.length + next.length)
}
