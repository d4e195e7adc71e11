// A bare UDP server that sends back whatever comes in. `{}` gives the CPU time that it used so far.

import { listenBareUdp } from '../bare.ts'

process.once('disconnect', () => process.exit())
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send?.({ cpuMs: (user + system) / 1_000 })
})
process.send?.({ port: await listenBareUdp() })
