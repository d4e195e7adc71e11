// When a process was not let run: its own timers come late. Whoever shares the machine with it was likely held up as well, so that what was seen is not
// held against a daemon. Containers share among themselves what the machine leaves to all of them, so that one of them has a probe too.

import type { Container } from 'dockerode'
import { setPriority } from 'node:os'

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

/** The same as a program of a container, which writes a line for each: since 1970, from when to when. */
export const containerProbe = `const nowMs = () => performance.timeOrigin + performance.now()
let dueAtMs = nowMs() + ${everyMs}
setInterval(() => {
  const atMs = nowMs()
  if (atMs - dueAtMs >= ${leastStallMs}) console.log("stall", dueAtMs, atMs)
  dueAtMs = atMs + ${everyMs}
}, ${everyMs})`

/** What it has written since a run began. */
export async function readContainerStalls(
  probe: Container,
  startedAtMs: number,
): Promise<readonly { readonly fromMs: number; readonly atMs: number }[]> {
  const log = await probe.logs({ stdout: true, stderr: false, since: Math.floor(startedAtMs / 1_000) })
  const lines = [...log.toString().matchAll(/stall ([\d.]+) ([\d.]+)/g)]
  return lines
    .map(([, from, at]) => ({ fromMs: Number(from) - startedAtMs, atMs: Number(at) - startedAtMs }))
    .filter(({ fromMs }) => fromMs >= 0)
}

/** All containers together count as much as each process outside of them: whoever asks or crowds is content with less. */
export function yieldToContainers(pid: number): void {
  setPriority(pid, 10)
}
