// The numbers of the SP engine in one place, each with its reason. DESIGN.md section 3 is their source.

export interface SpLimits {
  /** Largest message, header words included, in bytes. As nanomsg and mangos. */
  readonly maxMessageBytes: number
  /** Largest number of header words (hops and the id), as in the SP RFCs. */
  readonly maxHeaderWords: number
  /** How long a new connection may take for its eight bytes, in milliseconds. */
  readonly handshakeTimeoutMs: number
  /** Bytes waiting to be written on one pipe above which a socket stops reading from it, or writing to it. */
  readonly maxQueuedBytes: number
  /** Handlers under way for one pipe above which it is not read from. */
  readonly maxHandlersPerPipe: number
  /** Answers kept for an iteration that lags behind, in bytes of a round. */
  readonly maxRoundBytes: number
  /** How long close() lets a peer take its last bytes, in milliseconds. */
  readonly lingerMs: number
}

export const defaultLimits: SpLimits = Object.freeze({
  maxMessageBytes: 1_048_576,
  maxHeaderWords: 8,
  handshakeTimeoutMs: 5_000,
  maxQueuedBytes: 1_048_576,
  maxHandlersPerPipe: 256,
  maxRoundBytes: 67_108_864,
  lingerMs: 250,
})
