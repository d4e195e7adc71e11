// What the bench is told: whatever is wrong is said in words, with what is accepted, and is exit code 2.

import type { Scenario } from './scenario.ts'
import { spawnSync } from 'node:child_process'
import t from 'tap'
import { readCommandLine } from './command-line.ts'

const run = () => Promise.reject(new Error('not to be run'))
const plain: Scenario = { name: 'req-rep', description: 'there and back', run }
const compares = { peers: ['rollcall', 'NATS'], measurements: () => ['one way, 1024 B', 'fan-out'] }
const comparison: Scenario = { name: 'messaging', description: 'beside others', compares, run }
const offer = { scenarios: [plain], comparisons: [comparison] }

function read(...args: string[]) {
  return readCommandLine(args, offer)
}

t.test('scenarios are chosen by name, or all that compare nothing', async (t) => {
  t.match(read('req-rep', '--quick'), { kind: 'run', commandLine: { scenarios: [plain], isQuick: true } })
  t.match(read('all'), { kind: 'run', commandLine: { scenarios: [plain], isQuick: false } })
  t.match(read('all', 'messaging'), { kind: 'run', commandLine: { scenarios: [plain, comparison] } })
})

t.test('help, and no argument at all, say what there is', async (t) => {
  for (const args of [[], ['--help'], ['-h', 'nonsense']])
    t.match(read(...args), { kind: 'help', text: /req-rep +there and back[^]*messaging +beside others[^]*--redo/ })
})

t.test('rows are chosen, gone on with, done again and profiled', async (t) => {
  const chosen = { only: ['NATS', 'rollcall'], measure: ['1024', 'fan'], folder: 'bench-results', isResumed: false }
  const words = ['--peers', 'NATS, rollcall', '--measure', '1024', '--measure', 'fan']
  t.match(read('messaging', ...words), { kind: 'run', commandLine: chosen })
  t.match(read('messaging', '--resume'), { commandLine: { isResumed: true, isRedone: false } })
  t.match(read('messaging', '--redo'), { commandLine: { isResumed: true, isRedone: true } })
  t.match(read('messaging', '--profile', 'p'), { commandLine: { folder: 'p', isProfiled: true, isResumed: false } })
  t.match(read('messaging', '--quick'), { commandLine: { folder: 'bench-results-quick' } })
})

t.test('what is wrong is named, with what is accepted', async (t) => {
  const wrong: readonly (readonly [string[], RegExp])[] = [
    [['nonsense', 'all'], /no such scenario: nonsense; there are req-rep, messaging, and all/],
    [['--quick'], /which scenario\? There are req-rep, messaging, and all/],
    [['req-rep', '--fast'], /Unknown option '--fast'/],
    [['req-rep', '--json'], /--json <value>' argument missing/],
    [['req-rep', '--json='], /--json has no value/],
    [['req-rep', '--quick=yes'], /'--quick' does not take an argument/],
    [['req-rep', '--resume'], /--resume is for messaging alone/],
    [['req-rep', '--measure', 'x'], /--measure is for messaging alone/],
    [['messaging', '--peers', 'NATS,Nats'], /no such system: 'Nats'; there are rollcall, NATS/],
    [['messaging', '--measure', '2048'], /nothing has '2048' in its name; there are one way, 1024 B; fan-out/],
    [['messaging', '--measure', ''], /nothing has '' in its name/],
    [['messaging', '--profile', 'p', '--redo'], /--profile has a folder of its own/],
  ]
  for (const [args, text] of wrong) {
    t.match(read(...args), { kind: 'wrong', text }, args.join(' '))
    t.match(read(...args), { text: /\nnpm run bench -- --help says what is accepted\.$/ })
  }
})

t.test('help ends well, and wrong use with exit code 2 and without a trace', async (t) => {
  const bench = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['dist/test/bench/main.js', ...args])
    return { status, stdout: String(stdout), stderr: String(stderr) }
  }
  t.match(bench('--help'), { status: 0, stdout: /^npm run bench[^]*--profile/, stderr: '' })
  t.match(bench('messaging', '--peers', 'nobody'), {
    status: 2,
    stdout: '',
    stderr: /no such system: 'nobody'; .*ZeroMQ/,
  })
  t.notMatch(bench('--nonsense').stderr, /\n +at /)
})
