// The page of the patterns says what is true: every block is run, and prints what it says.

import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'

const page = await readFile('messaging/PATTERNS.md', 'utf8')
const door = new URL('../../dist/messaging/index.js', import.meta.url).href
const [opening = '', ...blocks] = [...page.matchAll(/^```ts\n([^]*?)^```/gm)].map((match) => match[1] ?? '')
const titles = [...page.matchAll(/^## (.*)$/gm)].map((match) => match[1] ?? '')

/** The comments at the end of a block. */
function printedBy(block: string): string[] {
  const lines = block.trimEnd().split('\n')
  const at = lines.findLastIndex((line) => !line.startsWith('// ')) + 1
  return lines.slice(at).map((line) => line.slice('// '.length))
}

t.equal(blocks.length, titles.length, 'one block for each pattern')
for (const [index, block] of blocks.entries())
  t.test(`${titles[index]} prints what it says`, async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'patterns-'))
    t.teardown(() => rm(directory, { recursive: true }))
    const file = join(directory, 'block.mjs')
    const isOpen = !block.includes('engine.close()')
    await writeFile(
      file,
      `${opening.replace("'rollcall'", `'${door}'`)}${block.replace('/tmp/', `${directory}/`)}${isOpen ? 'await engine.close()\n' : ''}`,
    )
    const { stdout } = await promisify(execFile)(process.execPath, [file], { timeout: 120_000 })
    t.same(stdout.trimEnd().split('\n').toSorted(), printedBy(block).toSorted())
  })
