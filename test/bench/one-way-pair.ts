// Two processes, one of which sends to the other: on our engine, on bare sockets, or on libnanomsg in C.

import type { Took } from './stopwatch.ts'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { keep, startChild } from './child.ts'
import { findFreePort } from './free-port.ts'

/** What passed at each end: from the first message to the last, and until the last had been taken. */
export interface OneWayRun {
  readonly receiver: Took
  readonly sender: Took
}

export interface OneWayPair {
  run(count: number, bytes: number): Promise<OneWayRun>
  close(): Promise<unknown>
}

/** The scheme of our engine's transport, or bare sockets. */
export async function openPair(kind: 'tcp' | 'tls+tcp' | 'bare' | 'bare-tls'): Promise<OneWayPair> {
  const receiver = startChild('one-way-receiver', [kind])
  const { port } = await receiver.next()
  const sender = startChild('one-way-sender', [kind, Number(port)])
  await sender.next()
  return {
    async run(count, bytes) {
      await receiver.ask({ count })
      const [received, sent] = await Promise.all([receiver.next(), sender.ask({ count, bytes })])
      return { receiver: readTook(received), sender: readTook(sent) }
    },
    close: () => Promise.all([receiver.kill(), sender.kill()]),
  }
}

function readTook({ ms, cpuMs }: Record<string, unknown>): Took {
  return { ms: Number(ms), cpuMs: Number(cpuMs) }
}

/** Compiles peers/one-way.c; what is missing where that fails. */
export async function openNanomsgPair(): Promise<OneWayPair | string> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-bench-'))
  const program = join(folder, 'one-way')
  const source = fileURLToPath(new URL('../../../test/bench/peers/one-way.c', import.meta.url))
  const complaint = await compile(source, program)
  if (complaint !== undefined) {
    await rm(folder, { recursive: true })
    return complaint
  }
  return {
    async run(count, bytes) {
      const address = `tcp://127.0.0.1:${await findFreePort()}`
      const receiver = startPeer(program, ['receive', address, count, bytes])
      await receiver.nextLine()
      const sender = startPeer(program, ['send', address, count, bytes])
      const took = {
        receiver: readMicroseconds(await receiver.nextLine()),
        sender: readMicroseconds(await sender.nextLine()),
      }
      await Promise.all([receiver.close(), sender.close()])
      return took
    },
    close: () => rm(folder, { recursive: true }),
  }
}

function compile(source: string, program: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const compiler = spawn('cc', ['-O2', '-o', program, source, '-lnanomsg'], { stdio: ['ignore', 'ignore', 'pipe'] })
    let complaint = ''
    compiler.stderr.on('data', (text: Buffer) => (complaint += String(text)))
    compiler.once('error', () => resolve('cc is not installed: apt-get install gcc'))
    compiler.once('close', (code) => {
      if (code === 0) return resolve(undefined)
      const isMissing = /nanomsg\/nn\.h|-lnanomsg/.test(complaint)
      resolve(isMissing ? 'libnanomsg is not installed: apt-get install libnanomsg-dev' : complaint)
    })
  })
}

function startPeer(program: string, args: readonly (string | number)[]) {
  const peer = spawn(program, args.map(String), { stdio: ['pipe', 'pipe', 'inherit'] })
  keep(peer)
  const closed = once(peer, 'close')
  const lines = createInterface(peer.stdout)[Symbol.asyncIterator]()
  return {
    async nextLine(): Promise<string> {
      const { done, value } = await lines.next()
      if (done) throw new Error(`${args.join(' ')}: the peer ended by itself`)
      return value
    },
    async close(): Promise<void> {
      peer.stdin.end()
      await closed
    },
  }
}

function readMicroseconds(line: string): Took {
  const [us, cpuUs] = line.split(' ').map(Number)
  return { ms: (us ?? NaN) / 1_000, cpuMs: (cpuUs ?? NaN) / 1_000 }
}
