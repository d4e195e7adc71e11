// `npm run simulate -- [--quick] [--folder FOLDER]`: prints what the simulator says of fleets up to 1,000,000 instances, and draws it. The
// pictures beside this file are of the full run.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { drawStudy, writeTable } from './report.ts'
import { lossColumns, sizeColumns, studyInterval, studyLoss, studySizes } from './studies.ts'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    folder: { type: 'string', default: 'test/bench/simulation/charts' },
  },
})

const options = { isQuick: values.quick, say: (text: string) => console.error(`  ${text}`) }
const [size, loss, interval] = [studySizes(options), studyLoss(options), studyInterval(options)]
for (const study of [size, loss, interval]) console.log(`${writeTable(study)}\n`)

const pictures = {
  'cpu.svg': drawStudy(size, sizeColumns.cpu, 'instances'),
  'messages.svg': drawStudy(size, sizeColumns.messages, 'instances'),
  'bytes.svg': drawStudy(size, sizeColumns.megabits, 'instances'),
  'suspect.svg': drawStudy(size, sizeColumns.suspect, 'instances'),
  'gone.svg': drawStudy(size, sizeColumns.gone, 'instances'),
  'suspicions-by-loss.svg': drawStudy(loss, lossColumns.suspicions, '% lost'),
  'removals-by-loss.svg': drawStudy(loss, lossColumns.removals, '% lost'),
}
mkdirSync(values.folder, { recursive: true })
for (const [file, picture] of Object.entries(pictures)) writeFileSync(join(values.folder, file), picture)
console.log(`charts: ${Object.keys(pictures).join(', ')} in ${values.folder}`)
