// Where small messages are framed: one behind the other in a shared buffer, so that a message costs a copy and no allocation. A slab is
// used again when every write from it has completed: memory that was just written is still in the processor's cache.

const slabBytes = 262_144
/** Slabs kept for the next burst: 4 MiB. */
const maxSpare = 16

export class Slab {
  readonly bytes = Buffer.allocUnsafeSlow(slabBytes)
  /** From here on it is free. */
  usedBytes = 0
  /** Runs of it that somebody has still to write, or is writing. */
  #holders = 0

  get isHeld(): boolean {
    return this.#holders > 0
  }

  hold(): void {
    this.#holders += 1
  }

  /** Given to the socket as the callback of a write, too. Where that failed, the slab is left to the collector of garbage: nobody says
   * whether the system still reads it. */
  readonly release = (error?: Error | null): void => {
    if (error) return
    this.#holders -= 1
    if (this.#holders === 0 && this !== current && spare.length < maxSpare) spare.push(this)
  }
}

const spare: Slab[] = []
let current = new Slab()

/** A slab with room for so many bytes, which are at most 64 KiB. */
export function slabFor(bytes: number): Slab {
  if (current.usedBytes + bytes <= slabBytes) return current
  if (current.isHeld) current = spare.pop() ?? new Slab()
  current.usedBytes = 0
  return current
}
