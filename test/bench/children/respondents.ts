// So many respondents in one process: on our engine, or on bare sockets. Arguments: port, count, `sp` or `bare`, and the answer,
// in which `%` is the number of the respondent. `{}` gives the CPU time so far.

import { createSpEngine } from '../../../messaging/sp/engines/sp.ts'
import { answerBare, dialBare } from '../bare.ts'

const [port = '0', count = '0', kind = 'sp', answer = 'web|tcp://10.0.0.7:8080'] = process.argv.slice(2)
process.once('disconnect', () => process.exit())

const engine = createSpEngine()
for (let i = 0; i < Number(count); i += 1) {
  const body = Buffer.from(answer.replaceAll('%', String(i)))
  if (kind === 'bare') answerBare(dialBare(Number(port)), body)
  else
    engine.dial(
      `tcp://127.0.0.1:${port}`,
      engine.createRespondent(() => body),
    )
  // No more at once than a listener takes.
  if (i % 500 === 499) await new Promise((resolve) => setTimeout(resolve, 20))
}
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send?.({ cpuMs: (user + system) / 1_000 })
})
process.send?.({ ready: true })
