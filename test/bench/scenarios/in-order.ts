// Numbered messages from one process to another whose reader stalls at random: each comes, once, after the one before it. The scenario fails with the
// first that does not.

import type { Row, Scenario, Verdict } from '../scenario.ts'
import { startChild } from '../child.ts'
import { atLeast } from '../scenario.ts'

export const inOrder: Scenario = {
  name: 'in-order',
  description: '1,000,000 numbered messages to a reader that stalls at random: none lost, none twice, none out of turn',
  async run({ isQuick, say }) {
    const count = isQuick ? 20_000 : 1_000_000
    const rows: Row[] = []
    const verdicts: Verdict[] = []
    for (const scheme of ['tcp', 'tls+tcp', 'ws']) {
      const receiver = startChild('ordered-receiver', [scheme])
      const { port } = await receiver.next()
      const read = receiver.ask({ count })
      const sender = startChild('ordered-sender', [scheme, Number(port), count])
      const { ms } = await read
      await Promise.all([sender.kill(), receiver.kill()])
      rows.push({ what: `${scheme}: messages read`, value: (count * 1_000) / Number(ms), unit: '/s' })
      verdicts.push(atLeast(`${scheme}: in order`, count, count, 'messages'))
      say(`${scheme} done`)
    }
    return { rows, verdicts }
  },
}
