// The Docker engine of this machine as a process: whether a test may restart it, and restarting it for real.

import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs'
import { docker } from './fleet.ts'
import { until } from './roll.ts'

const pidFile = '/var/run/docker.pid'
/** Of the engine's own containerd, which dies with it. */
const containerdPidFile = '/var/run/docker/containerd/containerd.pid'

/** Why this machine's engine is not for a test to restart; undefined where it is. In CI it always is. */
export async function whyNotToRestart(): Promise<string | undefined> {
  if ((process.env['CI'] ?? '') !== '') return undefined
  if (process.getuid?.() !== 0) return 'this is not root'
  if (readEngine() === undefined) return 'its engine was not started by hand, as a bare dockerd'
  const running = await docker.listContainers()
  return running.length === 0 ? undefined : `${running.length} containers run on it, which would end`
}

/** The dockerd that a shell started; undefined where an init system holds it, or there is none. */
function readEngine(): { readonly pid: number; readonly command: readonly string[] } | undefined {
  if (existsSync('/run/systemd/system') || !existsSync(pidFile)) return undefined
  const pid = Number(readFileSync(pidFile, 'utf8'))
  const file = `/proc/${pid}/cmdline`
  const command = existsSync(file) ? readFileSync(file, 'utf8').split('\0').slice(0, -1) : []
  return command[0]?.endsWith('dockerd') ? { pid, command } : undefined
}

/** Ends the engine: killed, it tells nobody, and leaves its containers running; by SIGTERM, it ends them first. Gives back how it is started again,
 * as it was: it ends those that it finds, and starts them anew where their restart policy says so. */
export async function endEngine(signal: 'SIGKILL' | 'SIGTERM'): Promise<() => Promise<void>> {
  const engine = readEngine()
  if (!engine) throw new Error('the engine of this machine was not started as a bare dockerd: a test cannot restart it')
  process.kill(engine.pid, signal)
  await until('the engine to be away', answers, (isThere) => !isThere)
  await until(
    'its process to have ended',
    async () => readEngine()?.pid,
    (pid) => pid !== engine.pid,
  )
  return async () => {
    if (await answers()) return
    // Killed processes of whose end nobody has taken note yet count as running.
    for (const file of [pidFile, containerdPidFile]) rmSync(file, { force: true })
    const [program = '', ...args] = engine.command
    const log = openSync('/tmp/rollcall-dockerd.log', 'a')
    spawn(program, args, { detached: true, stdio: ['ignore', log, log] }).unref()
    closeSync(log)
    await until('the engine to answer', answers, (isThere) => isThere)
  }
}

function answers(): Promise<boolean> {
  return docker.ping().then(
    () => true,
    () => false,
  )
}
