// The numbers of tunnels in one place, each with its reason.

export interface TunnelLimits {
  /** Bytes of a tunnel that the peer may send before this side's application has taken any. Enough for 1 ms at 1 GB/s, or 80 ms at 100 Mbit/s. */
  readonly windowBytes: number
  /** Largest message that is put together again, or sent in one piece. What is larger is sent and read in parts. */
  readonly maxMessageBytes: number
  /** Bytes of a tunnel that wait for credit, above which another send() fails: sends are not awaited. One message is always taken. */
  readonly maxQueuedBytes: number
  /** Tunnels of one pipe, in both directions, open or being opened. */
  readonly maxTunnels: number
  /** Bytes waiting on the pipe above which tunnels wait: a request on the same pipe stands behind no more than this. */
  readonly maxPortBytes: number
  /** How long close() waits for the peer to take what was sent, in milliseconds. */
  readonly closeTimeoutMs: number
}

export const defaultTunnelLimits: TunnelLimits = Object.freeze({
  windowBytes: 1_048_576,
  maxMessageBytes: 67_108_864,
  maxQueuedBytes: 4_194_304,
  maxTunnels: 4_096,
  maxPortBytes: 196_608,
  closeTimeoutMs: 10_000,
})
