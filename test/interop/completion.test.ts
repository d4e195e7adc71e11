// `rollcall completion` in the shells themselves; bash, which every Debian has, is tested with the program.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'
import { installOnPath } from '../cli/on-path.ts'
import { requireTool } from '../fixtures/require-tool.ts'

const run = promisify(execFile)

t.test('fish completes commands, options and files', async (t) => {
  if (!requireTool(t, 'fish', 'fish')) return
  const { env } = installOnPath(t)
  const complete = async (line: string) => {
    const script = `rollcall completion fish | source; complete -C '${line}'`
    return (await run('fish', ['--no-config', '-c', script], { env })).stdout
  }
  t.match(await complete('rollcall resol'), /^resolve\t/)
  t.match(await complete('rollcall key '), /^rotate\t/m)
  t.match(await complete('rollcall wait web --ti'), /^--timeout\t/)
  t.match(await complete('rollcall sp --file /etc/host'), /^\/etc\/hosts/m)
})

t.test('zsh completes commands and options', async (t) => {
  if (!requireTool(t, 'zsh', 'zsh')) return
  const { env } = installOnPath(t)
  const complete = async (...words: string[]) => {
    // Outside its line editor nothing can be added: what would be is printed.
    const script = `
      compdef() { : }; compadd() { print -l -- $values }; _files() { print files }
      source <(rollcall completion zsh)
      words=(rollcall "$@"); CURRENT=$#words; _rollcall`
    return (await run('zsh', ['-f', '-c', script, 'zsh', ...words], { env })).stdout
  }
  t.equal(await complete('resol'), 'resolve\n')
  t.match(await complete('key', ''), /^rotate$/m)
  t.equal(await complete('wait', 'web', '--ti'), '--timeout\n')
  t.equal(await complete('sp', '--file', ''), 'files\n')
})
