// RESPONDENT and REP on libnanomsg. It remembers the way back of one question only, so that they are handled one after the
// other: what comes meanwhile waits in the library, and no answer goes to the wrong survey.

import type { Handler, HandlerOptions, QuestionContext } from '../../engine.ts'
import type { NanomsgLibrary } from './library.ts'
import { LibrarySocket } from './library-socket.ts'

export class LibraryAnswering extends LibrarySocket {
  readonly #handler: Handler
  readonly #onError: HandlerOptions['onError']
  readonly #gone = new AbortController()

  constructor(type: 'RESPONDENT' | 'REP', library: NanomsgLibrary, handler: Handler, options: HandlerOptions) {
    super(type, library)
    this.#handler = handler
    this.#onError = options.onError
    this.startListening()
  }

  protected override onMessage(body: Buffer): void {
    const context: QuestionContext = { pipe: undefined, signal: this.#gone.signal }
    let answer: ReturnType<Handler>
    try {
      answer = this.#handler(body, context)
    } catch (error) {
      return this.#failed(error)
    }
    if (!(answer instanceof Promise)) return this.#answer(answer)
    this.stopListening()
    answer
      .then(
        (text) => this.#answer(text),
        (error: unknown) => this.#failed(error),
      )
      .finally(() => {
        if (!this.isClosed) this.startListening()
      })
  }

  #answer(body: Uint8Array | undefined): void {
    if (body === undefined || this.isClosed) return
    if (!this.trySend(body)) this.drop('peer-gone')
  }

  #failed(error: unknown): void {
    this.drop('handler-failed')
    this.#onError?.(error)
  }

  protected override onClosing(): void {
    this.#gone.abort(new Error('the socket was closed'))
  }
}
