// When this process was not let run: its own timers come late. Whoever shares the machine with it was likely held up as well, so that what was seen
// is not held against a daemon.

const everyMs = 50
/** Less is how a busy machine is at any time: half of what a respondent has for its answer. */
const leastStallMs = 250

/** Tells of each as it ends. Runs until the process ends, or it is stopped. */
export function probeStalls(nowMs: () => number, onStall: (fromMs: number, atMs: number) => void): () => void {
  let dueAtMs = nowMs() + everyMs
  const timer = setInterval(() => {
    const atMs = nowMs()
    if (atMs - dueAtMs >= leastStallMs) onStall(dueAtMs, atMs)
    dueAtMs = atMs + everyMs
  }, everyMs)
  return () => clearInterval(timer)
}
