// Bytes through a tunnel to a member of a cluster, beside a bare socket: 64 KiB at a time, from one process to another.

import type { Child } from '../child.ts'
import type { Row, Scenario } from '../scenario.ts'
import { startChild, startDaemon } from '../child.ts'
import { findFreePort } from '../free-port.ts'
import { atLeast } from '../scenario.ts'
import { median, spread } from '../statistics.ts'

interface Contender {
  readonly kind: 'tunnel' | 'bare'
  readonly receiver: Child
  readonly sender: Child
  readonly rates: { readonly receiver: number[]; readonly sender: number[] }
}

async function openContender(kind: Contender['kind'], daemonPort: number): Promise<Contender> {
  const receiver = startChild('tunnel-receiver', kind === 'bare' ? ['bare'] : ['iris', daemonPort])
  const { port } = await receiver.next()
  const sender = startChild('tunnel-sender', kind === 'bare' ? ['bare', Number(port)] : ['iris', daemonPort])
  await sender.next()
  return { kind, receiver, sender, rates: { receiver: [], sender: [] } }
}

const mebibyte = 1_048_576

export const tunnel: Scenario = {
  name: 'tunnel',
  description: 'bytes a second through a tunnel, beside a bare socket',
  async run({ isQuick }) {
    const [port, httpPort] = [await findFreePort(), await findFreePort()]
    const daemon = startDaemon({ PORT: String(port), HTTP_PORT: String(httpPort) })
    const contenders = [await openContender('tunnel', port), await openContender('bare', port)]
    const bytes = (isQuick ? 16 : 1_024) * mebibyte
    for (let round = 0; round < (isQuick ? 2 : 10); round += 1)
      for (const { receiver, sender, rates } of contenders) {
        await receiver.ask({ bytes })
        const [received, sent] = await Promise.all([receiver.next(), sender.ask({ bytes })])
        // The first round warms up.
        if (round === 0) continue
        rates.receiver.push((bytes * 1_000) / mebibyte / Number(received['ms']))
        rates.sender.push((bytes * 1_000) / mebibyte / Number(sent['ms']))
      }
    for (const { receiver, sender } of contenders) await Promise.all([receiver.kill(), sender.kill()])
    await daemon.kill()
    const rows = contenders.flatMap(({ kind, rates }) =>
      (['receiver', 'sender'] as const).map((end): Row => {
        const found = rates[end]
        return {
          what: `${kind}: ${end}`,
          value: median(found),
          unit: 'MiB/s',
          spread: spread(found),
          samples: found.length,
        }
      }),
    )
    const rateOf = (kind: Contender['kind']) =>
      median(contenders.find((one) => one.kind === kind)?.rates.receiver ?? [])
    return { rows, verdicts: [atLeast('a tunnel by a bare socket', rateOf('tunnel') / rateOf('bare'), 0.7)] }
  },
}
