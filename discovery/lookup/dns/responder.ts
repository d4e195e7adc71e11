// One message in, one out, or none: the DNS door without its sockets. Promises never to throw, whatever comes in, never to answer an
// answer, and over UDP never to send more than was asked for, nor more than fits into one packet.

import type { ZoneOptions } from './zone.ts'
import { readQuery } from './query.ts'
import { writeBareReply, writeReply } from './reply.ts'
import { createZone } from './zone.ts'

export interface ResponderOptions extends ZoneOptions {
  /** Failures of our own are written here; nothing else is. Default: nowhere. */
  readonly log?: { error(fields: object, message: string): void } | undefined
}

export type Responder = (message: Buffer, transport: 'udp' | 'tcp') => Buffer | undefined

export function createResponder({ log, ...options }: ResponderOptions): Responder {
  const answer = createZone(options)
  return (message, transport) => {
    const read = readQuery(message)
    if (read === 'IGNORED') return undefined
    if ('rcode' in read) return writeBareReply(message, read.rcode)
    try {
      return writeReply(read.query, answer(read.query), transport)
    } catch (error) {
      log?.error({ err: error }, 'dns query failed')
      return writeBareReply(message, 'SERVFAIL')
    }
  }
}
