// REQ on libnanomsg: one request in flight, the others wait for their turn, each with its own deadline all the while. The
// library sends a request again when its pipe goes away; that cannot be forbidden, nor a pipe be chosen.

import type { Clock } from '../../clock.ts'
import type { Requester, RequestOptions } from '../../engine.ts'
import type { NanomsgLibrary } from './library.ts'
import { RollcallError } from '../../error.ts'
import { LibrarySocket } from './library-socket.ts'

interface Call {
  readonly body: Uint8Array
  readonly resolve: (reply: Buffer) => void
  readonly reject: (reason: unknown) => void
  stopWaiting: () => void
}

export class LibraryRequester extends LibrarySocket implements Requester {
  readonly #clock: Clock
  /** The first is under way. */
  readonly #calls: Call[] = []

  constructor(library: NanomsgLibrary, clock: Clock) {
    super('REQ', library)
    this.#clock = clock
  }

  request(body: Uint8Array, options: RequestOptions): Promise<Buffer> {
    const { timeoutMs, signal, pipe, resend = true } = options
    return new Promise((resolve, reject) => {
      if (pipe || !resend)
        return reject(
          new RollcallError('NOT_SUPPORTED', 'the nanomsg engine cannot choose a pipe, nor forbid resending'),
        )
      if (this.isClosed) return reject(new RollcallError('CLOSED', 'the socket is closed'))
      if (signal?.aborted) return reject(asError(signal.reason))
      const call: Call = { body, resolve, reject, stopWaiting() {} }
      const stopTimer = this.#clock.after(timeoutMs, () =>
        this.#fail(call, new RollcallError('TIMEOUT', `no reply within ${timeoutMs} ms`)),
      )
      const onAbort = () => this.#fail(call, signal?.reason)
      signal?.addEventListener('abort', onAbort)
      call.stopWaiting = () => {
        stopTimer()
        signal?.removeEventListener('abort', onAbort)
      }
      this.#calls.push(call)
      if (this.#calls.length === 1) this.#start(call)
    })
  }

  #start(call: Call): void {
    this.startListening()
    // Without a peer the library keeps it until there is one.
    if (!this.trySend(call.body)) this.drop('send-failed')
  }

  /** Takes it out; the next one's turn comes if it was under way. */
  #end(call: Call): void {
    const at = this.#calls.indexOf(call)
    if (at < 0) return
    this.#calls.splice(at, 1)
    call.stopWaiting()
    if (at > 0) return
    const [next] = this.#calls
    // A new request cancels the old one in the library: a reply to that comes no more.
    if (next && !this.isClosed) this.#start(next)
    else this.stopListening()
  }

  #fail(call: Call, reason: unknown): void {
    this.#end(call)
    call.reject(reason)
  }

  protected override onMessage(reply: Buffer): void {
    const [call] = this.#calls
    if (!call) return this.drop('late')
    this.#end(call)
    call.resolve(reply)
  }

  protected override onClosing(): void {
    for (const call of this.#calls.splice(0)) {
      call.stopWaiting()
      call.reject(new RollcallError('CLOSED', 'the socket was closed'))
    }
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason))
}
