// As much of npm nanomsg's binding as the engine needs: libnanomsg's own calls. Its JavaScript sockets are not used: they
// send in ways that block, or spin when several surveys wait (as they do after any pause).

export interface NanomsgLibrary {
  readonly AF_SP: number
  readonly NN_SURVEYOR: number
  readonly NN_RESPONDENT: number
  readonly NN_REQ: number
  readonly NN_REP: number
  readonly NN_PUSH: number
  readonly NN_PULL: number
  readonly NN_PUB: number
  readonly NN_SUB: number
  readonly NN_PAIR: number
  readonly NN_BUS: number
  readonly NN_SUB_SUBSCRIBE: number
  readonly NN_SUB_UNSUBSCRIBE: number
  readonly NN_SURVEYOR_DEADLINE: number
  readonly NN_SOL_SOCKET: number
  readonly NN_RECONNECT_IVL: number
  readonly NN_RECONNECT_IVL_MAX: number
  readonly NN_SNDPRIO: number
  readonly NN_IPV4ONLY: number
  readonly NN_DONTWAIT: number
  readonly EADDRINUSE: number
  readonly EMFILE: number
  Socket(domain: number, protocol: number): number
  Close(socket: number): number
  Setopt(socket: number, level: number, option: number, value: number): number
  /** Subscribes or unsubscribes; prefixes are UTF-8. */
  Chan(socket: number, option: number, prefix: string): number
  Bind(socket: number, address: string): number
  Connect(socket: number, address: string): number
  Shutdown(socket: number, endpoint: number): number
  Send(socket: number, body: Buffer, flags: number): number
  /** The message, or -1. */
  Recv(socket: number, flags: number): Buffer | number
  /** Calls back while something can be received, or sent. */
  PollSocket(socket: number, isSender: boolean, callback: (events: number) => void): Buffer
  PollStop(poll: Buffer): void
  Errno(): number
  Err(): string
}
