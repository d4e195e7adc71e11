// One end of a system of the comparison, by its client in Node. Arguments: the system's name and its server. Does what it is told (End in
// peers/messaging/peer.ts), one thing at a time.

import type { Client, Hearing, Load, Request, Role, Send } from '../peers/messaging/peer.ts'
import { createListener } from '../messaging/listener.ts'
import { restUntilDue, sendFlatOut, sendPaced } from '../messaging/load.ts'
import { monotonicMs } from '../messaging/monotonic.ts'
import { readPercentiles } from '../messaging/percentiles.ts'
import { peers } from '../peers/messaging/peers.ts'

const [name = '', server = ''] = process.argv.slice(2)
process.once('disconnect', () => process.exit())
// In order, so that a profile is written.
process.once('SIGTERM', () => process.exit())

const client = await openClient()
const listener = createListener(monotonicMs)
const senders = new Map<Role, Send>()
let request: Request | undefined

/** Gives the address, where others have to be told one. */
const openers: Readonly<Record<Role, (address: string, count: number) => Promise<unknown>>> = {
  receiver: () => client.receive(listener.onMessage),
  replier: () => client.reply(),
  async publisher() {
    const publisher = await client.publish()
    senders.set('publisher', publisher.send)
    return publisher.address
  },
  sender: async (address) => void senders.set('sender', await client.openSender(address)),
  requester: async (address, count) => void (request = await client.openRequester(address, count)),
  subscribers: (address, count) => client.subscribe(address, count, listener.onMessage),
}

export type Command =
  | { readonly command: 'open'; readonly role: Role; readonly address: string; readonly count: number }
  | { readonly command: 'send'; readonly role: Role; readonly load: Load }
  | { readonly command: 'request'; readonly durationMs: number; readonly inFlight: number }
  | { readonly command: 'reset'; readonly hearing: Hearing }
  | { readonly command: 'report' }
  | { readonly command: 'percentiles' }

process.on('message', (message) => {
  const command: Command = Object(message)
  void carryOut(command).then(
    (answer) => process.send?.({ answer }),
    (error: unknown) => process.send?.({ error: String(error) }),
  )
})
process.send?.({})

async function openClient(): Promise<Client> {
  const peer = peers.find((one) => one.name === name)
  if (!peer?.openClient) throw new Error(`no client of ${name}`)
  return peer.openClient(server)
}

async function carryOut(command: Command): Promise<unknown> {
  if (command.command === 'open') return openers[command.role](command.address, command.count)
  if (command.command === 'send') return send(senders.get(command.role), command.load)
  if (command.command === 'request') {
    if (!request) throw new Error('no requester has been opened')
    return measureRequests(request, command.durationMs, command.inFlight)
  }
  if (command.command === 'reset') return listener.reset(command.hearing)
  return command.command === 'report' ? listener.report() : listener.percentiles()
}

async function send(to: Send | undefined, load: Load): Promise<number> {
  if (!to) throw new Error('nothing to send by has been opened')
  const { rate } = load
  if (rate === undefined) return sendFlatOut(to, load, monotonicMs)
  return sendPaced(to, { ...load, rate }, { nowMs: monotonicMs, rest: restUntilDue })
}

async function measureRequests(ask: Request, durationMs: number, inFlight: number) {
  const body = Buffer.alloc(64, 'x')
  const latenciesMs: number[] = []
  const startedAtMs = performance.now()
  const endsAtMs = startedAtMs + durationMs
  async function askOn(): Promise<void> {
    for (let nowMs = performance.now(); nowMs < endsAtMs;) {
      await ask(body)
      const doneAtMs = performance.now()
      latenciesMs.push(doneAtMs - nowMs)
      nowMs = doneAtMs
    }
  }
  await Promise.all(Array.from({ length: inFlight }, askOn))
  const rate = (latenciesMs.length * 1_000) / (performance.now() - startedAtMs)
  return { rate, percentiles: readPercentiles(latenciesMs) }
}
