// No system at all: the same frames on Node's sockets, each written anew and parsed (../../bare.ts). What can be reached at most.

import type { Socket } from 'node:net'
import type { Client, Peer, Send } from './peer.ts'
import { once } from 'node:events'
import {
  answerBare,
  bareIdBytes,
  dialBare,
  listenBare,
  maxWaitingBytes,
  onBareFrames,
  writeBareFrame,
} from '../../bare.ts'

export const bare: Peer = {
  name: 'bare sockets',
  settings: 'node:net; length, id and body; frames of a turn leave together, 256 KiB wait at most',
  start: () => Promise.resolve({ version: process.version, server: '', close: () => Promise.resolve() }),
  openClient,
}

/** What is sent in a turn leaves together. */
function openSend(sockets: readonly Socket[]): Send {
  let [id, isCorked] = [0, false]
  function uncork(): void {
    if (!isCorked) return
    isCorked = false
    for (const socket of sockets) socket.uncork()
  }
  return (body) => {
    if (!isCorked) {
      isCorked = true
      for (const socket of sockets) socket.cork()
      process.nextTick(uncork)
    }
    // The id is part of the message.
    const frame = writeBareFrame((id += 1), body.subarray(0, body.length - bareIdBytes))
    for (const socket of sockets) socket.write(frame)
    const full = sockets.filter(({ writableLength }) => writableLength >= maxWaitingBytes)
    if (full.length === 0) return undefined
    const drained = Promise.all(full.map((socket) => once(socket, 'drain')))
    uncork()
    return drained
  }
}

async function dial(port: string): Promise<Socket> {
  const socket = dialBare(Number(port))
  await once(socket, 'connect')
  return socket
}

async function openClient(): Promise<Client> {
  const listen = async (onSocket: (socket: Socket) => void) => String((await listenBare(onSocket)).port)
  return {
    receive: (onMessage) => listen((socket) => onBareFrames(socket, (_id, body) => onMessage(body))),
    openSender: async (address) => openSend([await dial(address)]),
    reply: () => listen((socket) => answerBare(socket)),
    async openRequester(address) {
      const socket = await dial(address)
      const waiting = new Map<number, (reply: Buffer) => void>()
      let lastId = 0
      onBareFrames(socket, (id, body) => {
        waiting.get(id)?.(body)
        waiting.delete(id)
      })
      return (body) =>
        new Promise((resolve) => {
          waiting.set((lastId += 1), resolve)
          socket.write(writeBareFrame(lastId, body))
        })
    },
    async publish() {
      const sockets: Socket[] = []
      return { address: await listen((socket) => void sockets.push(socket)), send: openSend(sockets) }
    },
    async subscribe(address, count, onMessage) {
      for (let i = 0; i < count; i += 1) onBareFrames(await dial(address), (_id, body) => onMessage(body))
    },
  }
}
