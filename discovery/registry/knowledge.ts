// Whether the daemon knows enough to say "nobody". It does when WARMUP has passed since it began to listen, connections have ceased to
// come in, and a full round that began after that has ended; and not any more once it has lost every pipe of a roll that it had. Pure.

export interface Knowledge {
  listenStarted(nowMs: number): void
  /** A connection came in. While they do, a fleet is still on its way: on a busy machine it takes longer than WARMUP. */
  pipeAttached(nowMs: number): void
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

/** So long without a new connection, by WARMUP, and they have ceased. */
const calmShare = 1 / 3
/** A fleet of which somebody always comes keeps nobody waiting for longer than so many WARMUPs. */
const maxWarmups = 3

export function createKnowledge({ warmupMs, roundMs }: KnowledgeOptions): Knowledge {
  let warmAtMs = Infinity
  let latestWarmAtMs = Infinity
  let isReady = false
  const listeners = new Set<() => void>()
  function become(ready: boolean): void {
    if (isReady === ready) return
    isReady = ready
    for (const listener of listeners) listener()
  }
  function warmUp(nowMs: number): void {
    warmAtMs = nowMs + warmupMs
    latestWarmAtMs = nowMs + warmupMs * maxWarmups
    become(false)
  }
  return {
    listenStarted: warmUp,
    lostEverybody: warmUp,
    pipeAttached(nowMs) {
      if (isReady || warmAtMs === Infinity) return
      warmAtMs = Math.max(warmAtMs, Math.min(nowMs + warmupMs * calmShare, latestWarmAtMs))
    },
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
