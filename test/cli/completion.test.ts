// `rollcall completion` with a real bash, and the question that shells ask.

import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { closedAddress } from './http-server.ts'
import { installOnPath } from './on-path.ts'
import { openRoll, untilReady } from './open-roll.ts'
import { runCli } from './run-cli.ts'

t.test('every subcommand is offered, with what it does', async (t) => {
  const run = await runCli(['__complete', ''])
  t.match(run, { code: 0, stderr: '' })
  const help = (await runCli(['--help'])).stdout
  for (const line of run.stdout.trim().split('\n')) {
    const [name = '', description = ''] = line.split('\t')
    t.match(help, new RegExp(`^ {2}${name} `, 'm'))
    t.ok(description)
  }
  t.match(run.stdout, /^doctor\t/m)
  t.match((await runCli(['__complete', 'wait', 'web', '--ti'])).stdout, /^--timeout\t/)
})

t.test('names are those on the roll, and no daemon is no failure', async (t) => {
  const roll = await openRoll(t)
  await roll.add('web|http://10.0.0.1:80', 'answer|tcp://10.0.0.2:80')
  await untilReady(roll)
  const named = await runCli(['__complete', 'resolve', 'w'], { ROLLCALL_URL: roll.url })
  t.match(named, { code: 0, stdout: 'web\t1 on the roll\n', stderr: '' })
  const away = await runCli(['__complete', 'resolve', ''], { ROLLCALL_URL: `http://${await closedAddress()}` })
  t.match(away, { code: 0, stdout: '', stderr: '' })
})

t.test('bash completes, and evaluates nothing of what was typed', async (t) => {
  const { folder, env } = installOnPath(t)
  const touched = join(folder, 'touched')
  const script = `
    source <(rollcall completion bash)
    ask() { COMP_LINE=$1; COMP_POINT=\${#1}; COMPREPLY=(); _rollcall; printf '%s;' "\${COMPREPLY[@]}"; printf '\\n'; }
    ask 'rollcall resol'
    ask 'rollcall rounds --daemon http://a:1 --la'
    ask 'rollcall resolve $(touch ${touched}) --zo'`
  const { stdout } = await promisify(execFile)('bash', ['--norc', '-c', script], { env })
  t.equal(stdout, 'resolve;\n--last;\n--zone;\n')
  t.notOk(existsSync(touched))
})

t.test('other shells are told which there are', async (t) => {
  t.match(await runCli(['completion', 'zsh']), { code: 0, stdout: /^#compdef rollcall/ })
  t.match(await runCli(['completion', 'fish']), { code: 0, stdout: /complete -c rollcall/ })
  t.match(await runCli(['completion', 'csh']), { code: 2, stderr: /bash, zsh, fish/ })
})
