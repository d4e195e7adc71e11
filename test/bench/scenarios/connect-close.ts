// Memory over thousands of connections that are opened, used once and closed: what one leaves behind, ten thousand would show.

import type { Row, Scenario, Verdict } from '../scenario.ts'
import { startChild } from '../child.ts'
import { atMost } from '../scenario.ts'
import { flatness, median } from '../statistics.ts'

export const connectClose: Scenario = {
  name: 'connect-close',
  description: 'memory over 10,000 cycles of connecting, one request and closing',
  async run({ isQuick, say }) {
    const rows: Row[] = []
    const verdicts: Verdict[] = []
    for (const scheme of ['tcp', 'tls+tcp', 'ws']) {
      const cycler = startChild('cycler', [scheme], { execArgv: ['--expose-gc'] })
      await cycler.next()
      const looks: { heap: number; rss: number }[] = []
      const cycles = isQuick ? 50 : 1_000
      for (let look = 0; look < 11; look += 1) {
        const { heap, rss } = await cycler.ask({ cycles })
        // The first thousand warm up.
        if (look > 0) looks.push({ heap: Number(heap), rss: Number(rss) })
      }
      await cycler.kill()
      for (const what of ['heap', 'rss'] as const) {
        const bytes = looks.map((look) => look[what])
        const name = `${scheme}: ${what === 'heap' ? 'heap and buffers' : 'resident memory'}`
        rows.push({ what: name, value: median(bytes) / 1_048_576, unit: 'MiB', samples: bytes.length })
        verdicts.push(atMost(`${name}, largest by smallest of 10 looks`, flatness(bytes), 1.25))
      }
      say(`${scheme} done`)
    }
    return { rows, verdicts }
  },
}
