// HTTP servers on loopback at a free port, and ports at which nobody listens.

import type { RequestListener } from 'node:http'

import type { Test } from 'tap'
import { findFreePort } from '../fixtures/free-port.ts'
import { serveHttp } from '../fixtures/serve-http.ts'

/** An HTTP server on a free port; gives its address. */
export async function serve(t: Test, listener: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await serveHttp(t, listener)}`
}

/** An address at which nobody listens. */
export async function closedAddress(): Promise<string> {
  return `127.0.0.1:${await findFreePort()}`
}

/** As text, for command lines and variables. */
export async function freePort(): Promise<string> {
  return String(await findFreePort())
}
