// A request's handler as it stands between a caller and one attempt. Undici knows two forms of handlers, and the fetch of each version of
// Node brings one of them: each is passed on as it came, headers byte for byte, and only the end of an attempt that sent nothing is seen.

import type { Dispatcher } from 'undici'

type Handler = Dispatcher.DispatchHandler

/** `takesOver` is asked about an error that came before anything was sent: true where the caller is not to be told of it. */
export function watchAttempt(handler: Handler, takesOver: (error: Error) => boolean): Handler {
  return handler.onRequestStart ? watchNew(handler, takesOver) : watchOld(handler, takesOver)
}

function watchNew(handler: Handler, takesOver: (error: Error) => boolean): Handler {
  let isStarted = false
  return {
    onRequestStart(controller, context) {
      isStarted = true
      handler.onRequestStart?.(controller, context)
    },
    onRequestUpgrade: (controller, status, headers, socket) =>
      handler.onRequestUpgrade?.(controller, status, headers, socket),
    onResponseStart: (controller, status, headers, statusText) =>
      handler.onResponseStart?.(controller, status, headers, statusText),
    onResponseData: (controller, chunk) => handler.onResponseData?.(controller, chunk),
    onResponseEnd: (controller, trailers) => handler.onResponseEnd?.(controller, trailers),
    onResponseError(controller, error) {
      if (isStarted || !takesOver(error)) handler.onResponseError?.(controller, error)
    },
  }
}

function watchOld(handler: Handler, takesOver: (error: Error) => boolean): Handler {
  let isStarted = false
  return {
    onConnect(abort) {
      isStarted = true
      handler.onConnect?.(abort)
    },
    onUpgrade: (status, headers, socket) => handler.onUpgrade?.(status, headers, socket),
    onResponseStarted: () => handler.onResponseStarted?.(),
    onHeaders: (status, headers, resume, statusText) =>
      handler.onHeaders?.(status, headers, resume, statusText) ?? true,
    onData: (chunk) => handler.onData?.(chunk) ?? true,
    onComplete: (trailers) => handler.onComplete?.(trailers),
    onBodySent: (chunkSize, totalBytesSent) => handler.onBodySent?.(chunkSize, totalBytesSent),
    onError(error) {
      if (isStarted || !takesOver(error)) handler.onError?.(error)
    },
  }
}

/** Nothing was started that it could stop. */
const idle: Dispatcher.DispatchController = Object.freeze({
  aborted: false,
  paused: false,
  reason: null,
  abort: () => {},
  pause: () => {},
  resume: () => {},
})

/** Tells the caller that no attempt could be made. */
export function failRequest(handler: Handler, error: Error): void {
  if (handler.onRequestStart) handler.onResponseError?.(idle, error)
  else handler.onError?.(error)
}
