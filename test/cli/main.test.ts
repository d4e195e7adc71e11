// What holds for every subcommand: help, versions, exit codes of wrong use.

import { readFile } from 'node:fs/promises'

import t from 'tap'
import { runCli } from './run-cli.ts'

const subcommands = [
  'daemon',
  'services',
  'resolve',
  'rounds',
  'wait',
  'doctor',
  'call',
  'survey',
  'demo',
  'health',
  'completion',
]

t.test('the help lists every subcommand and what the exit codes mean', async (t) => {
  const run = await runCli(['--help'])
  t.match(run, { code: 0, stderr: '' })
  for (const name of subcommands) t.match(run.stdout, new RegExp(`^ {2}${name} `, 'm'))
  for (const code of ['0', '1', '2', '3', '4', '5', '130']) t.match(run.stdout, new RegExp(`^ +${code} {2}`, 'm'))
})

for (const name of subcommands) {
  t.test(`${name} --help has examples and exit codes`, async (t) => {
    const run = await runCli([name, '--help'])
    t.match(run, { code: 0, stderr: '' })
    t.match(run.stdout, /^Examples?:$/m)
    t.match(run.stdout, 'Exit codes:')
    t.same(await runCli(['help', name]), run, '`help NAME` is the same')
  })
}

t.test('the version is that of the package', async (t) => {
  const manifest = JSON.parse(await readFile('package.json', 'utf8'))
  t.match(await runCli(['--version']), { code: 0, stdout: `${manifest.version}\n` })
})

t.test('wrong use is exit code 2, and says what was wrong on stderr', async (t) => {
  t.match(await runCli([]), { code: 2, stdout: '', stderr: /Usage: rollcall/ })
  t.match(await runCli(['register']), { code: 2, stdout: '', stderr: /unknown command 'register'/ })
  t.match(await runCli(['resolve']), { code: 2, stdout: '', stderr: /missing required argument 'name'/ })
  t.match(await runCli(['services', '--fast']), { code: 2, stdout: '', stderr: /unknown option '--fast'/ })
  t.match(await runCli(['resolve', 'a', 'b']), { code: 2, stdout: '', stderr: /too many arguments/ })
  t.match(await runCli(['demo', '--port', '70000']), { code: 2, stdout: '', stderr: /1 to 65535/ })
  t.match(await runCli(['call', 'a', '--timeout', 'soon']), { code: 2, stdout: '', stderr: /number with a unit/ })
})
