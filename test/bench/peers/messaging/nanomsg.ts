// npm nanomsg, by its documented interface: libnanomsg's sockets as streams of Node.

import type { Client, OnMessage, Peer } from './peer.ts'
import { setImmediate as turn } from 'node:timers/promises'
import { findFreePort } from '../../free-port.ts'
import { loadPackage } from '../optional-package.ts'
import { packageVersion } from '../package-version.ts'

/** No types come with it. */
interface NanomsgSocket {
  /** What has not been handed to the library. */
  readonly queue: { readonly length: number }
  bind(address: string): unknown
  connect(address: string): unknown
  send(body: Uint8Array): unknown
  on(event: 'data', onMessage: OnMessage): unknown
  once(event: 'data', onMessage: OnMessage): unknown
}
type Nanomsg = (type: string, options?: object) => NanomsgSocket

/** Messages that may wait for the library. */
const maxQueued = 64

export const nanomsg: Peer = {
  name: 'npm nanomsg',
  settings: `PUSH to PULL, REQ to REP (a socket for each in flight), PUB to SUB; tcpnodelay; ${maxQueued} messages queued`,
  async start() {
    load()
    return { version: packageVersion('nanomsg'), server: '', close: () => Promise.resolve() }
  },
  openClient,
}

function load(): Nanomsg {
  const remedy = 'apt-get install python3 make g++, npm rebuild nanomsg'
  const { socket }: { readonly socket: Nanomsg } = Object(loadPackage('nanomsg', remedy))
  return socket
}

async function openClient(): Promise<Client> {
  const open = load()
  const options = { tcpnodelay: true }
  async function bind(socket: NanomsgSocket): Promise<string> {
    const address = `tcp://127.0.0.1:${await findFreePort()}`
    socket.bind(address)
    return address
  }
  function sendOn(socket: NanomsgSocket) {
    return (body: Buffer) => {
      socket.send(body)
      return socket.queue.length < maxQueued ? undefined : turn()
    }
  }
  return {
    receive(onMessage) {
      const socket = open('pull', options)
      socket.on('data', onMessage)
      return bind(socket)
    },
    async openSender(address) {
      const socket = open('push', options)
      socket.connect(address)
      return sendOn(socket)
    },
    reply() {
      const socket = open('rep', options)
      socket.on('data', (body) => socket.send(body))
      return bind(socket)
    },
    async openRequester(address, inFlight) {
      const idle = Array.from({ length: inFlight }, () => {
        const socket = open('req', options)
        socket.connect(address)
        return socket
      })
      return (body) =>
        new Promise((resolve, reject) => {
          const socket = idle.pop()
          if (!socket) return reject(new Error(`more than ${inFlight} in flight`))
          socket.once('data', (reply) => {
            idle.push(socket)
            resolve(reply)
          })
          socket.send(body)
        })
    },
    async publish() {
      const socket = open('pub', options)
      return { address: await bind(socket), send: sendOn(socket) }
    },
    async subscribe(address, count, onMessage) {
      for (let i = 0; i < count; i += 1) {
        const socket = open('sub', options)
        socket.on('data', onMessage)
        socket.connect(address)
      }
    },
  }
}
