// The article's service on npm `nanomsg` alone, importing nothing of Rollcall: what a program in any language can do.
// A RESPONDENT says NAME|PROTOCOL://HOST:PORT to each daemon that asks who is here, and a REP says the answer.

import { lookup } from 'node:dns/promises'
import { createRequire } from 'node:module'
import { networkInterfaces } from 'node:os'

interface Socket extends Record<'bind' | 'connect' | 'send', (text: string) => void> {
  readonly binding: number
  on(event: 'data' | 'error', listener: (value: Buffer & Error) => void): Socket
  close(): void
}
interface Nanomsg {
  socket(type: 'respondent' | 'rep'): Socket
  readonly _bindings: { readonly NN_DONTWAIT: number; Send(binding: number, body: Buffer, flags: number): number }
}
const nanomsg: Nanomsg = createRequire(import.meta.url)('nanomsg')
const bindings = nanomsg['_bindings']

const faces = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
const own = faces.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1'
const { DISCOVERY_HOST = 'localhost', DISCOVERY_PORT = '5555', SERVICE_NAME = 'classic' } = process.env
const { SERVICE_PORT = '9000', SERVICE_HOST = own, SERVICE_PROTOCOL = 'tcp' } = process.env
const line = Buffer.from(`${SERVICE_NAME}|${SERVICE_PROTOCOL}://${SERVICE_HOST}:${SERVICE_PORT}`)

/** By address, one for each daemon: a nanomsg respondent answers one survey at a time. */
const respondents = new Map<string, { readonly socket: Socket; askedAtMs: number }>()

function openRespondent(daemon: string): void {
  const socket = nanomsg.socket('respondent').on('error', (error) => console.error(daemon, error.message))
  const respondent = { socket, askedAtMs: Date.now() }
  respondents.set(daemon, respondent)
  socket.on('data', (question) => {
    respondent.askedAtMs = Date.now()
    // Not socket.send(): that dies when several surveys have waited, as they do after a pause.
    if (String(question) === 'service query') bindings.Send(socket.binding, line, bindings.NN_DONTWAIT)
  })
  socket.connect(daemon)
}

/** A lost network leaves connections hanging: where nobody has asked for 10 s a new one is made, if the daemon is there. */
async function tendRespondents(): Promise<void> {
  for (const [daemon, { socket, askedAtMs }] of respondents)
    if (Date.now() - askedAtMs > 10_000 && respondents.delete(daemon)) socket.close()
  for (const entry of DISCOVERY_HOST.split(',')) {
    const [host = '', port = DISCOVERY_PORT] = entry.trim().split(':')
    const found = (await lookup(host, { all: true, family: 4 }).catch(() => [])).map(({ address }) => address)
    for (const ip of found) if (!respondents.has(`tcp://${ip}:${port}`)) openRespondent(`tcp://${ip}:${port}`)
  }
}

const rep = nanomsg.socket('rep')
rep.on('error', ({ message }) => console.error(`classic: SERVICE_PORT ${SERVICE_PORT}: ${message}`))
rep.on('error', () => process.exit(1))
rep.on('data', (request) => console.log(`Request: ${String(request)}`))
rep.on('data', () => rep.send('The answer is 42'))
rep.bind(`tcp://*:${SERVICE_PORT}`)
setInterval(() => void tendRespondents(), 1000)
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0))
