// Systems that Debian has no package of: their official images, run by `docker compose`, published on the loopback, and gone with the bench.
// Where no engine or no registry answers soon, that is told.

import { execFile, spawn, spawnSync } from 'node:child_process'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { keep } from '../child.ts'
import { MissingPeer } from './messaging/peer.ts'

const engineWithinMs = 5_000
/** A registry that has said nothing by then is not reachable. */
const registryWithinMs = 15_000
const pullWithinMs = 300_000
const startsWithinMs = 60_000
const endsWithinMs = 30_000
/** What listens in the container is there once a connection stays open for so long: the engine's own proxy accepts, and closes again. */
const staysOpenMs = 300

export interface ComposedOptions {
  /** `messaging/NAME.compose.yaml` has its one service. */
  readonly name: string
  /** Of the loopback, which the file publishes as `PORT`. */
  readonly port: number
  /** Looked for before anything is pulled. */
  readonly needs: () => unknown
  /** The program of the engine; default: docker. */
  readonly docker?: string
}

export interface Composed {
  readonly image: string
  readonly close: () => Promise<void>
}

export async function startComposed({ name, port, needs, docker = 'docker' }: ComposedOptions): Promise<Composed> {
  const file = fileURLToPath(new URL(`../../../../test/bench/peers/messaging/${name}.compose.yaml`, import.meta.url))
  const compose = ['compose', '--project-name', `rollcall-bench-${name}-${process.pid}`, '--file', file]
  const env = { ...process.env, PORT: String(port) }
  const run = (args: readonly string[], withinMs: number) => runProgram(docker, args, env, withinMs)
  const engine = await run(['version', '--format', '{{.Server.Version}}'], engineWithinMs)
  if (!engine.isWell) throw new MissingPeer(notHere(`no Docker engine answers (${engine.said})`))
  needs()
  const images = await run([...compose, 'config', '--images'], engineWithinMs)
  if (!images.isWell) throw new MissingPeer(notHere(`docker compose does not work (${images.said})`))
  const image = images.said
  if (!(await run(['image', 'inspect', image], engineWithinMs)).isWell) await pull(docker, image)

  const down = [...compose, 'down', '--volumes', '--timeout', '5']
  const endAtExit = () => void spawnSync(docker, down, { env, timeout: endsWithinMs })
  process.once('exit', endAtExit)
  async function close(): Promise<void> {
    process.removeListener('exit', endAtExit)
    await run(down, endsWithinMs)
  }
  try {
    const up = await run([...compose, 'up', '--detach'], startsWithinMs)
    if (!up.isWell) throw new Error(`${image} did not start: ${up.said}`)
    for (const endsAtMs = performance.now() + startsWithinMs; !(await staysOpen(port)); await delay(100))
      if (performance.now() > endsAtMs)
        throw new Error(
          `${image} does not listen: ${(await run([...compose, 'logs', '--tail', '5'], engineWithinMs)).said}`,
        )
  } catch (error) {
    await close()
    throw error
  }
  return { image, close }
}

function notHere(why: string): string {
  return `not measured here: Debian has no package of it, and ${why}`
}

interface Outcome {
  readonly isWell: boolean
  /** The last that it said. */
  readonly said: string
}

function runProgram(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  timeout: number,
): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(command, args, { env, timeout }, (error, stdout, stderr) => {
      const said = `${stdout}${error ? stderr : ''}`.trim().split('\n').at(-1)
      resolve({ isWell: !error, said: said === undefined || said === '' ? (error?.message ?? '') : said })
    })
  })
}

/** The engine names the image as soon as the registry knows it. */
function pull(docker: string, image: string): Promise<void> {
  const pulling = spawn(docker, ['pull', image], { stdio: ['ignore', 'pipe', 'pipe'] })
  keep(pulling)
  return new Promise((resolve, reject) => {
    const giveUp = (why: string) => {
      pulling.kill('SIGKILL')
      reject(new MissingPeer(notHere(why)))
    }
    const silent = setTimeout(giveUp, registryWithinMs, `no registry answers within ${registryWithinMs / 1_000} s`)
    const late = setTimeout(giveUp, pullWithinMs, `${image} was not there within ${pullWithinMs / 1_000} s`)
    let complaint = ''
    pulling.stdout.on('data', () => clearTimeout(silent))
    pulling.stderr.on('data', (text: Buffer) => (complaint = String(text).trim()))
    pulling.once('close', (code) => {
      clearTimeout(silent)
      clearTimeout(late)
      if (code === 0) resolve()
      else giveUp(`${image} cannot be pulled (${complaint})`)
    })
  })
}

function staysOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    const isThere = (answer: boolean) => () => {
      resolve(answer)
      socket.destroy()
    }
    socket.once('connect', () => socket.setTimeout(staysOpenMs, isThere(true)))
    socket.once('error', isThere(false))
    socket.once('close', isThere(false))
  })
}
