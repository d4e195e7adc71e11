// Whether the daemon knows enough to say "nobody". It does when WARMUP has passed since it began to listen and a full round
// that began after that has ended; and not any more once it has lost every pipe of a roll that it had. Pure.

export interface Knowledge {
  listenStarted(nowMs: number): void
  roundEnded(round: { readonly startedAtMs: number; readonly nowMs: number }): void
  /** The last pipe is gone, and there was a roll: what happened to it cannot be told from a lost network. */
  lostEverybody(nowMs: number): void
  readonly isReady: boolean
  /** Called whenever `isReady` has changed, until the function that comes back is called. */
  subscribe(listener: () => void): () => void
  /** When asking again may help, in milliseconds. */
  retryAfterMs(nowMs: number): number
}

export interface KnowledgeOptions {
  readonly warmupMs: number
  /** Of a round: what is left to wait for once the warm-up is over. */
  readonly roundMs: number
}

export function createKnowledge({ warmupMs, roundMs }: KnowledgeOptions): Knowledge {
  let warmAtMs = Infinity
  let isReady = false
  const listeners = new Set<() => void>()
  function become(ready: boolean): void {
    if (isReady === ready) return
    isReady = ready
    for (const listener of listeners) listener()
  }
  function warmUp(nowMs: number): void {
    warmAtMs = nowMs + warmupMs
    become(false)
  }
  return {
    listenStarted: warmUp,
    lostEverybody: warmUp,
    roundEnded({ startedAtMs }) {
      if (startedAtMs >= warmAtMs) become(true)
    },
    get isReady() {
      return isReady
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    retryAfterMs: (nowMs) => (isReady ? 0 : Math.max(roundMs, warmAtMs === Infinity ? 0 : warmAtMs + roundMs - nowMs)),
  }
}
