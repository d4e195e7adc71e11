// Whether a port is free, asked before anything is started, so that the error can name the option to change.

import { once } from 'node:events'
import { createServer } from 'node:net'

import { RollcallError } from '../../messaging/sp/error.ts'

/** Fails with `ADDRESS_IN_USE`, naming the option that chose the port. */
export async function ensurePortIsFree(port: number, option: string): Promise<void> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  } catch (error) {
    const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
    const what = isTaken ? 'is taken by another program' : 'may not be used'
    const message = `port ${port} ${what}: choose another with ${option}`
    throw new RollcallError('ADDRESS_IN_USE', message, { cause: error })
  } finally {
    server.close()
  }
}
