// What answers at a port: greets it as an SP requester does, and looks at the first bytes that come back. Every protocol that is
// taken for another one here says something of its own to that.

import { connect } from 'node:net'

import type { SpPlace } from './places.ts'

/** `closed`: it hung up without a word, as a TLS listener may that is spoken to in clear. */
export type PortAnswer = 'sp' | 'http' | 'tls' | 'closed' | 'silent' | 'other'

/** PROTOCOL.md, the greeting of tcp: SP, version 0, REQ. */
const greeting = Buffer.from('0053500000300000', 'hex')

const enoughBytes = 5

/** Longer than any connect inside one network. */
const connectTimeoutMs = 2000
/** Longer than any program takes to refuse what it does not understand. */
const answerTimeoutMs = 2000

/** Fails as the connection does; what comes after it is an answer. */
export async function probePort({ host, port }: SpPlace): Promise<PortAnswer> {
  const socket = connect({ host, port })
  const heard: Buffer[] = []
  try {
    await new Promise<void>((resolve, reject) => {
      socket.setTimeout(connectTimeoutMs, () => reject(new Error('no answer in time')))
      socket.once('connect', resolve).once('error', reject)
    })
    return await new Promise<PortAnswer>((resolve) => {
      const judge = (otherwise: PortAnswer): void =>
        resolve(heard.length === 0 ? otherwise : classify(Buffer.concat(heard)))
      socket.setTimeout(answerTimeoutMs, () => judge('silent'))
      socket.on('data', (bytes) => {
        heard.push(bytes)
        if (Buffer.concat(heard).length >= enoughBytes) judge('other')
      })
      socket.once('close', () => judge('closed'))
      socket.on('error', () => judge('closed'))
      socket.write(greeting)
    })
  } finally {
    socket.destroy()
  }
}

function classify(bytes: Buffer): PortAnswer {
  if (bytes.subarray(0, 4).equals(greeting.subarray(0, 4))) return 'sp'
  if (bytes.subarray(0, 5).toString('latin1') === 'HTTP/') return 'http'
  // A TLS alert record.
  return bytes[0] === 0x15 && bytes[1] === 0x03 ? 'tls' : 'other'
}

/** Whether anybody takes connections there; undefined when so, else the failure. */
export async function tryConnect({ host, port }: SpPlace, timeoutMs: number): Promise<unknown> {
  const socket = connect({ host, port })
  try {
    await new Promise<void>((resolve, reject) => {
      socket.setTimeout(timeoutMs, () => reject(new Error('no answer in time')))
      socket.once('connect', resolve).once('error', reject)
    })
    return undefined
  } catch (error) {
    return error
  } finally {
    socket.destroy()
  }
}
