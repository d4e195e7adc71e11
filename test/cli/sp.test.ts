// `rollcall sp` against itself; each run is the built program. With nanocat and nngcat it is tested in interop/.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import t from 'tap'
import { formatMessage } from '../../cli/sp/output.ts'
import type { CliRun } from './run-cli.ts'
import { runCli, startCli } from './run-cli.ts'

async function listen(t: Test, ...words: string[]): Promise<{ run: CliRun; address: string }> {
  const run = startCli(['sp', ...words, '--listen', 'tcp://127.0.0.1:0', '--verbose'])
  t.teardown(async () => {
    run.kill('SIGKILL')
    await run.ended
  })
  const [, address = ''] = await run.said(/listening at (\S+)/)
  return { run, address }
}

t.test('a request is answered with what was given, or with itself', async (t) => {
  const given = await listen(t, 'rep', '-D', 'The answer is 42')
  t.match(await runCli(['sp', 'req', '--dial', given.address, '-D', 'question']), {
    code: 0,
    stdout: 'The answer is 42\n',
  })
  t.match(given.run.stdout(), 'question\n')
  const echo = await listen(t, 'rep', '--count', '1')
  t.match(await runCli(['sp', 'req', '--connect', echo.address, '-D', 'me']), { code: 0, stdout: 'me\n' })
  t.match(await echo.run.ended, { code: 0, stdout: 'me\n' })
})

t.test('a survey prints every answer, and says how many there were', async (t) => {
  const respondents = [
    await listen(t, 'respondent', '-D', 'a', '-C', '1'),
    await listen(t, 'respondent', '-D', 'b', '-C', '1'),
  ]
  const dials = respondents.flatMap(({ address }) => ['--dial', address])
  const { code, stdout, stderr } = await runCli([
    'sp',
    'surveyor',
    ...dials,
    '-D',
    'who?',
    '-d',
    '3',
    '--deadline',
    '60',
  ])
  t.equal(code, 0)
  t.same(stdout.split('\n').toSorted(), ['', 'a', 'b'])
  t.match(stderr, '2 of 2 answered')
  for (const { run } of respondents) t.match(await run.ended, { code: 0, stdout: 'who?\n' })
})

t.test('the pattern may be an option, by the names of nanocat and of nngcat', async (t) => {
  const { run, address } = await listen(t, '--pull0', '-C', '2', '--format', 'no')
  t.match(await runCli(['sp', '--push', '--connect', address, '-D', 'x', '-C', '2']), { code: 0 })
  t.match(await run.ended, { code: 0, stdout: '' })
})

t.test('what is pushed is pulled, as often as was asked for', async (t) => {
  const { run, address } = await listen(t, 'pull', '--count', '3', '--format', 'json')
  t.match(await runCli(['sp', 'push', '--dial', address, '-D', 'x', '-C', '3']), { code: 0 })
  const { code, stdout } = await run.ended
  t.equal(code, 0)
  t.match(
    stdout
      .trim()
      .split('\n')
      .map((line) => Object(JSON.parse(line))),
    [{ body: 'x' }, { body: 'x' }, { body: 'x', bytes: 1 }],
  )
})

t.test('a subscriber gets what begins with its prefix', async (t) => {
  const { run, address } = await listen(t, 'pub', '-D', 'prices: 1', '-i', '50ms')
  const other = startCli(['sp', 'sub', '--dial', address, '--subscribe', 'weather', '--recv-timeout', '300ms'])
  const prices = await runCli([
    'sp',
    'sub',
    '--dial',
    address,
    '--subscribe',
    'weather',
    '--subscribe',
    'prices',
    '-C',
    '2',
  ])
  t.match(prices, { code: 0, stdout: 'prices: 1\nprices: 1\n' })
  t.match(await other.ended, { code: 3, stdout: '', stderr: /nothing came for 300 ms/ })
  run.kill('SIGTERM')
  t.equal((await run.ended).code, 130)
})

for (const pattern of ['pair', 'pair1', 'bus'])
  t.test(`${pattern}: both sides send and hear`, async (t) => {
    const { run, address } = await listen(t, pattern, '-D', 'from the listener', '-C', '1')
    const dialled = await runCli(['sp', pattern, '--dial', address, '-D', 'from the dialler', '-C', '1'])
    t.match(dialled, { code: 0, stdout: 'from the listener\n' })
    t.match(await run.ended, { code: 0, stdout: 'from the dialler\n' })
  })

t.test('data can come from a file', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'sp-'))
  t.teardown(() => rm(directory, { recursive: true }))
  const file = join(directory, 'data')
  await writeFile(file, Buffer.from([0, 1, 255]))
  const { run, address } = await listen(t, 'pull', '-C', '1', '--hex')
  await runCli(['sp', 'push', '--dial', address, '-F', file])
  t.equal((await run.ended).stdout, '"\\x00\\x01\\xff"\n')
})

t.test('wrong use is exit code 2, with what is accepted', async (t) => {
  const cases: [string[], RegExp][] = [
    [['sp', '-l', '1'], /no pattern; it is one of req, rep/],
    [['sp', 'gossip'], /Allowed choices are req, rep, pub/],
    [['sp', 'push', '-D', 'x'], /no address; give --dial or --listen/],
    [['sp', 'push', '-l', '1'], /nothing to send; give --data or --file/],
    [['sp', 'pull', '-l', '1', '-D', 'x'], /only hears/],
    [['sp', 'push', '-l', '1', '-D', 'x', '-F', 'y'], /two ways to say the same/],
    [['sp', 'pull', '--dial', 'nowhere'], /not of the form scheme:/],
    [['sp', 'pull', '-l', '1', '--format', 'xml'], /Allowed choices are raw, ascii/],
    [['sp', 'pull', '-l', '1', '--priority', '17'], /whole number of 1 to 16/],
    [['sp', 'pull', '-l', '1', '--cert', 'x'], /belong together/],
  ]
  for (const [words, message] of cases) t.match(await runCli(words), { code: 2, stderr: message }, words.join(' '))
})

t.test('nobody to send to within the time is exit code 3', async (t) => {
  const run = await runCli(['sp', 'push', '-L', '0', '-D', 'x', '--send-timeout', '0.1'])
  t.match(run, { code: 3, stderr: /nobody connected within 100 ms/ })
})

t.test('every format shows every byte', async (t) => {
  const body = Buffer.from([0x41, 0x0a, 0x22, 0x5c, 0x00, 0xff])
  t.same(formatMessage('raw', body, undefined), body)
  t.equal(formatMessage('ascii', body, undefined), 'A."\\..\n')
  t.equal(formatMessage('quoted', body, undefined), '"A\\n\\"\\\\\\x00\\xff"\n')
  t.equal(formatMessage('hex', body, undefined), '"\\x41\\x0a\\x22\\x5c\\x00\\xff"\n')
  t.same(formatMessage('msgpack', body, undefined), Buffer.concat([Buffer.from([0xc4, 6]), body]))
  t.same(Buffer.from(formatMessage('msgpack', Buffer.alloc(256), undefined)).subarray(0, 3), Buffer.from([0xc5, 1, 0]))
  const large = Buffer.from(formatMessage('msgpack', Buffer.alloc(65_536), undefined)).subarray(0, 5)
  t.same(large, Buffer.from([0xc6, 0, 1, 0, 0]))
  t.same(JSON.parse(String(formatMessage('json', body, undefined))), { from: null, bytes: 6, bodyBase64: 'QQoiXAD/' })
})
