// As much of npm nanomsg's binding as the engine needs: libnanomsg's own calls. Its JavaScript sockets are not used: they
// send in ways that block, or spin when several surveys wait (as they do after any pause).

export interface NanomsgLibrary {
  readonly AF_SP: number
  readonly NN_SURVEYOR: number
  readonly NN_RESPONDENT: number
  readonly NN_REQ: number
  readonly NN_REP: number
  readonly NN_SURVEYOR_DEADLINE: number
  readonly NN_SOL_SOCKET: number
  readonly NN_RECONNECT_IVL: number
  readonly NN_RECONNECT_IVL_MAX: number
  readonly NN_DONTWAIT: number
  readonly EADDRINUSE: number
  readonly EMFILE: number
  Socket(domain: number, protocol: number): number
  Close(socket: number): number
  Setopt(socket: number, level: number, option: number, value: number): number
  Bind(socket: number, address: string): number
  Connect(socket: number, address: string): number
  Shutdown(socket: number, endpoint: number): number
  Send(socket: number, body: Buffer, flags: number): number
  /** The message, or -1. */
  Recv(socket: number, flags: number): Buffer | number
  /** Calls back while something can be received. */
  PollSocket(socket: number, isSender: boolean, callback: (events: number) => void): Buffer
  PollStop(poll: Buffer): void
  Errno(): number
  Err(): string
}
