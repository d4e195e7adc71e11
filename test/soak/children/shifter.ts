// One respondent that answers each round with other lines than before: names and ids that nobody had, so that whatever the daemon keeps of what
// it has seen is filled to its limit. Arguments: SP port, how many lines, and how many while it is young (the first 15 s).

import { createSpEngine } from '../../../messaging/sp/engines/sp.ts'

const [port = '', lines = '', linesAtFirst = ''] = process.argv.slice(2)
process.once('disconnect', () => process.exit())

const youngMs = 15_000
/** Asked more often than so, it says the same again. */
const steadyMs = 900

const engine = createSpEngine()
const startedAtMs = performance.now()
let shift = 0
let shiftedAtMs = -Infinity
let answer = Buffer.alloc(0)

function writeAnswer(nowMs: number): void {
  if (nowMs - shiftedAtMs < steadyMs) return
  shiftedAtMs = nowMs
  shift += 1
  const count = Number(nowMs - startedAtMs < youngMs ? linesAtFirst : lines)
  const texts = Array.from({ length: count }, (_, at) => {
    const name = `shift-${(shift * count + at).toString(36)}`
    return `${name}|tcp://10.${(shift >> 8) & 255}.${shift & 255}.7:${10_000 + at}`
  })
  answer = Buffer.from(texts.join('\n'))
}

engine.dial(
  `tcp://127.0.0.1:${port}`,
  engine.createRespondent(() => {
    writeAnswer(performance.now())
    return answer
  }),
)
process.send?.({})
