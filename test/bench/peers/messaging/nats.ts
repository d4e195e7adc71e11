// NATS: core subjects, at most once, by its own client for Node.

import type { NatsConnection } from '@nats-io/transport-node'
import type { Client, OnMessage, Peer } from './peer.ts'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findFreePort } from '../../free-port.ts'
import { packageVersion } from '../package-version.ts'
import { makeFolder, readVersion, startServer } from '../server.ts'
import { sendInWindow } from './window.ts'

export const nats: Peer = {
  name: 'NATS',
  settings:
    'core subjects, callbacks, noEcho, no async traces; a flush every 512 KiB or 500 messages; max_pending 512 MB, 1 MB messages',
  async start() {
    const [port, { folder, remove }] = [await findFreePort(), await makeFolder()]
    const file = join(folder, 'nats.conf')
    await writeFile(file, `host: 127.0.0.1\nport: ${port}\nmax_pending: 536870912\nmax_payload: 2097152\n`)
    const server = await startServer({ command: 'nats-server', args: ['-c', file], debian: 'nats-server', port })
    return {
      version: `${await readVersion('nats-server', ['--version'])}, ${packageVersion('@nats-io/transport-node')}`,
      server: `127.0.0.1:${port}`,
      async close() {
        await server.close()
        await remove()
      },
    }
  },
  openClient,
}

async function openClient(servers: string): Promise<Client> {
  const { connect } = await import('@nats-io/transport-node')
  const open = () => connect({ servers, noEcho: true, noAsyncTraces: true })
  const connection = await open()
  let lastSubject = 0
  const nameSubject = () => `bench.${process.pid}.${(lastSubject += 1)}`
  const hear = async (on: NatsConnection, subject: string, onMessage: OnMessage) => {
    on.subscribe(subject, { callback: (_error, { data }) => onMessage(data) })
    await on.flush()
    return subject
  }
  const sendTo = (subject: string) =>
    sendInWindow(
      (body) => connection.publish(subject, body),
      () => connection.flush(),
    )
  return {
    receive: (onMessage) => hear(connection, nameSubject(), onMessage),
    openSender: (address) => Promise.resolve(sendTo(address)),
    async reply() {
      const subject = nameSubject()
      connection.subscribe(subject, { callback: (_error, message) => void message.respond(message.data) })
      await connection.flush()
      return subject
    },
    openRequester: (address) => Promise.resolve((body) => connection.request(address, body, { timeout: 5_000 })),
    async publish() {
      const address = nameSubject()
      return { address, send: sendTo(address) }
    },
    async subscribe(address, count, onMessage) {
      for (let i = 0; i < count; i += 1) await hear(await open(), address, onMessage)
    },
  }
}
