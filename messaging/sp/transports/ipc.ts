// ipc:///path as in sp-ipc-mapping-01: Unix domain sockets, one byte before each length. A socket file whose listener is
// dead is removed, but only after a connection to it was refused.

import type { Transport } from '../transport.ts'
import type { StreamOptions } from './stream-carrier.ts'
import { connect } from 'node:net'
import { lstat, unlink } from 'node:fs/promises'
import { RollcallError } from '../error.ts'
import { createStreamTransport } from './stream-transport.ts'

export function createIpcTransport(options: Omit<StreamOptions, 'prefix'>): Transport {
  return createStreamTransport(
    {
      scheme: 'ipc',
      isNamed: false,
      listenOptions: (path) => ({ path: readPath(path) }),
      connectOptions: (path) => ({ path: readPath(path) }),
      prepare() {},
      boundRest: (path) => path,
      reclaim: removeDeadSocket,
    },
    { ...options, prefix: 'ipc' },
  )
}

/** The kernel's limit; a longer path would silently be cut. */
const maxPathBytes = 107

function readPath(path: string): string {
  if (Buffer.byteLength(path) > maxPathBytes)
    throw new RollcallError('ADDRESS_INVALID', `ipc path "${path}" is longer than ${maxPathBytes} bytes`)
  return path
}

async function removeDeadSocket(path: string): Promise<boolean> {
  const isSocket = (await lstat(path)).isSocket()
  if (!isSocket || (await isAnswered(path))) return false
  await unlink(path)
  return true
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect({ path })
    probe.once('connect', () => {
      probe.destroy()
      resolve(true)
    })
    probe.once('error', () => resolve(false))
  })
}
