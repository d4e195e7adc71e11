// A signal that is aborted after a time, or with another signal. AbortSignal.any() over AbortSignal.timeout() would say
// the same in one line, and on Node 20 may never fire: the timeout is collected as garbage while it runs.

export interface Deadline {
  readonly signal: AbortSignal
  /** The time has passed; false when the other signal was first. */
  isOver(): boolean
  /** Stops the clock. */
  close(): void
}

/** No time is no limit. The reason of the abort is a `TimeoutError`, or that of the other signal. */
export function openDeadline(timeoutMs: number | undefined, other?: AbortSignal): Deadline {
  const controller = new AbortController()
  let isOver = false
  const follow = (): void => controller.abort(other?.reason)
  if (other?.aborted) follow()
  other?.addEventListener('abort', follow, { once: true })
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          isOver = !controller.signal.aborted
          controller.abort(new DOMException(`no answer within ${timeoutMs} ms`, 'TimeoutError'))
        }, timeoutMs)
  return {
    signal: controller.signal,
    isOver: () => isOver,
    close() {
      clearTimeout(timer)
      other?.removeEventListener('abort', follow)
    },
  }
}
