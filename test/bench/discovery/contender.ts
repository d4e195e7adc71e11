// One system in a run: its server, an observer and providers, each in processes of their own.

import type { Child } from '../child.ts'
import type { PeerServer } from '../peers/discovery/peer.ts'
import type { ListedPeer, PeerFile } from '../peers/discovery/peers.ts'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startChild } from '../child.ts'

export interface Contender {
  readonly name: string
  readonly server: PeerServer
  startParty(): Promise<Party>
  close(): Promise<void>
}

export interface Party {
  readonly child: Child
  ask(message: object): Promise<Record<string, unknown>>
  /** Asks when something was: milliseconds since 1970. */
  when(message: object): Promise<number>
}

export async function openContender({ file, name, peer }: ListedPeer): Promise<Contender> {
  const folder = await mkdtemp(join(tmpdir(), `bench-${file}-`))
  const server = await peer.openServer(folder)
  const parties: Child[] = []
  return {
    name,
    server,
    async startParty() {
      const party = await openParty(file, server.address)
      parties.push(party.child)
      return party
    },
    async close() {
      for (const child of parties) await child.kill()
      await server.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Beyond the time that a question itself gives it. A client library that loses an answer would be waited for for ever. */
const answerMs = 60_000

/** Its answers come in any order. */
async function openParty(file: PeerFile, address: string): Promise<Party> {
  const child = startChild('discovery-party', [file, address])
  await child.next()
  const waiting = new Map<number, (answer: Record<string, unknown>) => void>()
  let last = 0
  const read = async () => {
    for (;;) {
      const answer = await child.next()
      waiting.get(Number(answer['number']))?.(answer)
    }
  }
  // Until it has ended: whoever still waits for it waits no longer.
  read().catch(() => {
    for (const resolve of waiting.values()) resolve({ error: 'its process has ended' })
  })
  const ask = async (message: object) => {
    last += 1
    const number = last
    const limitMs = answerMs + Number(Object(message).withinMs ?? 0)
    let timer: NodeJS.Timeout | undefined
    const { error, ...answer } = await new Promise<Record<string, unknown>>((resolve) => {
      waiting.set(number, resolve)
      timer = setTimeout(resolve, limitMs, { error: `no answer to ${JSON.stringify(message)} within ${limitMs} ms` })
      child.send({ ...message, number })
    })
    clearTimeout(timer)
    waiting.delete(number)
    if (typeof error === 'string') throw new Error(`${file}: ${error}`)
    return answer
  }
  return { child, ask, when: async (message) => Number((await ask(message))['atMs']) }
}

/** CPU time of a process until now, in milliseconds: Linux. */
export async function readCpuMs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  // After the name, which may hold anything but is in parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}
