// A relay between a dialer and a listener that keeps what passes.

import type { Test } from 'tap'
import type { Recording } from './tls13-attack.ts'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { closed, portOf } from './tls-target.ts'

export interface Recorder {
  readonly port: number
  /** Of one connection, once both ends have closed it. */
  readonly recording: Promise<Recording>
}

export async function openRecorder(t: Test, port: number): Promise<Recorder> {
  let finish: ((recording: Recording) => void) | undefined
  const recording = new Promise<Recording>((resolve) => (finish = resolve))
  const server = createServer((socket) => {
    const onwards = connect(port, '127.0.0.1')
    const said: Buffer[] = []
    const heard: Buffer[] = []
    for (const end of [socket, onwards]) end.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => said.push(chunk)).pipe(onwards)
    onwards.on('data', (chunk: Buffer) => heard.push(chunk)).pipe(socket)
    void Promise.all([closed(socket), closed(onwards)]).then(() =>
      finish?.({ fromDialer: Buffer.concat(said), fromListener: Buffer.concat(heard) }),
    )
    socket.once('close', () => onwards.destroy())
    onwards.once('close', () => socket.destroy())
  }).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  return { port: portOf(server), recording }
}
