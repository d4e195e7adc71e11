// Whether the program of a host really runs, and not its container alone: Node starts slowly on a busy machine. Seen from outside, never asked of a daemon.

import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { docker } from '../../e2e/fleet.ts'
import { until } from '../../e2e/roll.ts'
import type { Host } from './fleet.ts'

const httpPort = 8500
const spPort = 5555
/** Of /proc/net/tcp. */
const established = '01'

/** It accepts connections at its address; whoever has none of its own has dialled a daemon. */
export async function untilUp(host: Host): Promise<void> {
  await until(`${host.name} to be up`, () => isUp(host), Boolean)
}

async function isUp({ address, provider, containerIds: [id = ''] }: Host): Promise<boolean> {
  if (!provider) return accepts(address, httpPort)
  const { hostname, port } = new URL(provider.address)
  if (hostname === address) return accepts(address, Number(port))
  const { State } = await docker.getContainer(id).inspect()
  return State.Running && hasDialled(State.Pid)
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1_000 })
    const end = (isAccepted: boolean) => {
      socket.destroy()
      resolve(isAccepted)
    }
    socket
      .once('connect', () => end(true))
      .once('error', () => end(false))
      .once('timeout', () => end(false))
  })
}

/** What the kernel shows of the network that this process is in. */
function hasDialled(pid: number): boolean {
  const port = spPort.toString(16).toUpperCase().padStart(4, '0')
  const lines = readFileSync(`/proc/${pid}/net/tcp`, 'utf8').split('\n')
  return lines.some((line) => {
    const [, , remote = '', state] = line.trim().split(/\s+/)
    return remote.endsWith(`:${port}`) && state === established
  })
}
