// Where tunnels meet the pipe that they run on. The pipe knows nothing of tunnels but these names; tunnels know nothing of the pipe but
// a place to send and how much of that still waits.

/** One pipe, as its tunnels see it. */
export interface TunnelPort {
  /** The header begins with the kind, 0x40 to 0x4f, and the tunnel's id. Neither part may be changed afterwards. */
  send(header: Uint8Array, body: Uint8Array): void
  /** Sent and not yet taken by the transport. */
  readonly queuedBytes: number
  /** Calls `run`, once each time, when the queue is short again after it was long. */
  onDrained(run: () => void): void
}

/** The tunnels of one pipe, as the pipe sees them. */
export interface PipeTunnels {
  /** A frame of a tunnel's kind: the whole message. */
  frame(kind: number, message: Buffer): void
  drained(): void
  /** The pipe is gone, and every tunnel on it ends with this reason. */
  gone(reason: string): void
  /** Tunnels open or being opened: while there are any the pipe is not idle. */
  readonly openTunnels: number
}
