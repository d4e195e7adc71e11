// The short form of the soak, as it is run from the command line: that it churns, measures and draws.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'

async function runSoak(...args: string[]) {
  const child = spawn(process.execPath, ['dist/test/soak/main.js', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += String(chunk)))
  const [code]: unknown[] = await once(child, 'close')
  return { code, output }
}

t.test('a fleet churns around a daemon, which is measured and drawn', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'soak-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const chart = join(folder, 'soak.svg')
  const { code, output } = await runSoak('--quick', '--seed', '1', '--chart', chart)
  t.equal(code, 0, output)
  for (const name of [
    'heap after collection',
    'resident memory',
    'sockets',
    'open files',
    'timers',
    'event-loop delay',
  ])
    t.match(output, new RegExp(`${name}.* level`), name)
  for (const what of ['kills', 'stops', 'ends', 'joins', 'leaves', 'breaks'])
    t.match(output, new RegExp(`${what} [1-9]`), what)
  for (const door of ['resolve', 'consul', 'dns-udp', 'dns-tcp', 'sp', 'watch', 'watch-unread', 'follow'])
    t.match(output, new RegExp(`asked ${door} [1-9]`), door)
  t.match(await readFile(chart, 'utf8'), /^<svg [^]*heap after collection[^]*<\/svg>\s*$/)
})

t.test('wrong use is told', async (t) => {
  t.match(await runSoak('--minutes', 'few'), { code: 2, output: /--minutes N/ })
})
