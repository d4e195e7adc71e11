// Systems with a library in C: peers/messaging/NAME.c is compiled here, and each end runs that program (end.h has what it is told).

import type { Percentiles } from '../../messaging/percentiles.ts'
import type { End, Peer } from './peer.ts'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { keep } from '../../child.ts'
import { findFreePort } from '../../free-port.ts'
import { readPercentiles } from '../../messaging/percentiles.ts'
import { makeFolder, readDebianVersion } from '../server.ts'
import { MissingPeer } from './peer.ts'

export interface CPeerOptions {
  readonly name: string
  readonly settings: string
  /** Without its ending, beside this file. */
  readonly source: string
  /** `-l` of the linker. */
  readonly library: string
  /** Of Debian, with its headers. */
  readonly debian: string
}

/** Of the compiler, without the compiler, the headers or the library; anything else is a mistake of ours. */
const lacksLibrary = /cc is not installed|No such file|cannot find -l/

export function createCPeer({ name, settings, source, library, debian }: CPeerOptions): Peer {
  return {
    name,
    settings,
    async start() {
      const { folder, remove } = await makeFolder()
      const program = join(folder, source)
      const complaint = await compile(source, program, library)
      if (complaint !== undefined) {
        await remove()
        throw lacksLibrary.test(complaint)
          ? new MissingPeer(`${debian} is not installed: apt-get install gcc ${debian}`)
          : new Error(complaint)
      }
      const openEnd = () => Promise.resolve(openProgramEnd(program, folder))
      return { version: await readDebianVersion(debian), server: '', openEnd, close: remove }
    },
  }
}

function compile(source: string, program: string, library: string): Promise<string | undefined> {
  const file = fileURLToPath(new URL(`../../../../../test/bench/peers/messaging/${source}.c`, import.meta.url))
  return new Promise((resolve) => {
    execFile('cc', ['-O2', '-pthread', '-o', program, file, `-l${library}`], (error, _stdout, stderr) => {
      if (!error) return resolve(undefined)
      resolve(error.code === 'ENOENT' ? `cc is not installed, which ${library} needs` : stderr)
    })
  })
}

function openProgramEnd(program: string, folder: string): End {
  const running = spawn(program, [], { stdio: ['pipe', 'pipe', 'inherit'] })
  keep(running)
  const closed = once(running, 'close')
  const lines = createInterface(running.stdout)[Symbol.asyncIterator]()
  const file = join(folder, `latencies-${running.pid}`)
  async function tell(line: string): Promise<string> {
    running.stdin.write(`${line}\n`)
    const { done, value } = await lines.next()
    if (done) throw new Error(`${program} ended by itself`)
    return value
  }
  async function readLatencies(): Promise<Percentiles> {
    const bytes = await readFile(file)
    return readPercentiles(Array.from({ length: bytes.length / 8 }, (_, at) => bytes.readDoubleLE(at * 8)))
  }
  return {
    async open(role, address, count = 1) {
      const where = address ?? `tcp://127.0.0.1:${await findFreePort()}`
      await tell(`${role} ${where} ${count}`)
      return where
    },
    send: async (role, { sizes, durationMs, rate = 0 }) =>
      Number(await tell(`send ${role} ${durationMs} ${rate} ${sizes.join(' ')}`)),
    async request(durationMs) {
      const rate = Number(await tell(`request ${durationMs} ${file}`))
      return { rate, percentiles: await readLatencies() }
    },
    async reset({ skip, keep: kept }) {
      await tell(`reset ${skip} ${kept}`)
    },
    async report() {
      const [count = 0, rate = 0] = (await tell('report')).split(' ').map(Number)
      return { count, rate }
    },
    async percentiles() {
      await tell(`latencies ${file}`)
      return readLatencies()
    },
    async close() {
      running.kill('SIGKILL')
      await closed
    },
  }
}
