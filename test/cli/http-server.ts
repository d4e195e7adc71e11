// HTTP servers on loopback at a free port, and ports at which nobody listens.

import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

import type { Test } from 'tap'
import { findFreePort } from '../fixtures/free-port.ts'

/** An HTTP server on a free port; gives its address. */
export async function serve(t: Test, listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${portOf(server.address())}`
}

/** An address at which nobody listens. */
export async function closedAddress(): Promise<string> {
  return `127.0.0.1:${await findFreePort()}`
}

/** As text, for command lines and variables. */
export async function freePort(): Promise<string> {
  return String(await findFreePort())
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('not listening on a port')
  return address.port
}
