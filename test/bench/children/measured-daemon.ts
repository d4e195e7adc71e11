// A daemon in a process that can be asked what it uses: `{}` gives memory after a collection of garbage, and the CPU time so far;
// `{ isQuiet: true }` the same without collecting, and its last rounds. Run with --expose-gc. Argument: milliseconds between rounds.

import { openDaemon } from '../../../discovery/daemon.ts'

process.once('disconnect', () => process.exit())

const intervalMs = Number(process.argv[2] ?? 1_000)
const deadlineMs = Math.min(500, intervalMs / 2)
const daemon = await openDaemon({
  port: 0,
  httpPort: 0,
  httpHost: '127.0.0.1',
  dnsHost: '127.0.0.1',
  dnsPort: 0,
  intervalMs,
  deadlineMs,
})
process.on('message', (message) => {
  const { isQuiet } = Object(message)
  if (!isQuiet) for (let i = 0; i < 3; i += 1) globalThis.gc?.()
  const { rss, heapUsed, external } = process.memoryUsage()
  const { user, system } = process.cpuUsage()
  const { round, counts } = daemon.reader.health()
  const told = { rss, heap: heapUsed + external, cpuMs: (user + system) / 1_000, round, alive: counts.alive }
  process.send?.(isQuiet ? { ...told, rounds: daemon.reader.rounds() } : told)
})
const [port, dnsPort] = [daemon.spAddress, daemon.dnsAddress ?? ''].map((address) => Number(address.split(':').pop()))
process.send?.({ port, dnsPort, httpUrl: daemon.httpUrl })
