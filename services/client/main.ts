// A program that only calls: it asks the cluster `answer` again and again, by its name and never by a host, and prints what comes back.

import { connect, readServiceEnvironment } from '../../messaging/index.ts'
import { createLog } from '../log.ts'

const everyMs = 2_000

const { values } = readServiceEnvironment(process.env, { required: ['DISCOVERY_HOST'] })
const log = createLog({ level: values.LOG_LEVEL, format: values.LOG_FORMAT })
const node = await connect({ env: process.env, log, cluster: '' })

const ending = new AbortController()
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => ending.abort())
process.on('SIGHUP', () => node.rereadKeys())

while (!ending.signal.aborted) {
  const question = Buffer.from('What is the answer?')
  const line = await node
    .request('answer', question, { timeoutMs: 5_000, balance: 'least-loaded', mayRepeat: true, signal: ending.signal })
    .then(String, (error: unknown) => `nobody answered: ${error instanceof Error ? error.message : String(error)}`)
  if (!ending.signal.aborted) console.log(line)
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, everyMs)
    ending.signal.addEventListener('abort', () => resolve(), { once: true })
    ending.signal.addEventListener('abort', () => clearTimeout(timer), { once: true })
  })
}
await node.close()
