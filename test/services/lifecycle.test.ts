import t from 'tap'
import { explainListenError, listenHost, runService } from '../../services/lifecycle.ts'
import type { RunningService } from '../../services/lifecycle.ts'
import { createFakeClock } from '../fixtures/fake-clock.ts'

/** A process whose signals are sent by hand and whose exit is written down. */
function createProcess(env: Readonly<Record<string, string>> = {}) {
  const listeners = new Map<string, (signal: NodeJS.Signals) => void>()
  const exits: number[] = []
  const errors: string[] = []
  return {
    exits,
    errors,
    signal: (name: NodeJS.Signals) => listeners.get(name)?.(name),
    env: { LOG_LEVEL: 'silent', ...env },
    stderr: { write: (text: string) => void errors.push(text) },
    on: (name: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void) => void listeners.set(name, listener),
    exit: (code: number) => void exits.push(code),
  }
}

function createService(steps: string[], finish: () => Promise<void> = () => Promise.resolve()): RunningService {
  return {
    leaveRoll: async () => void steps.push('left'),
    rereadKeys: () => void steps.push('keys read'),
    finish() {
      steps.push('finishing')
      return finish()
    },
  }
}

t.test(
  'a service that is asked to stop leaves the roll, waits for latecomers, finishes, and exits with 0',
  async (t) => {
    const clock = createFakeClock()
    const process = createProcess()
    const steps: string[] = []
    const ended = runService('web', process, async () => createService(steps), clock)
    await clock.advanceAsync(1000)
    t.same(steps, [])
    process.signal('SIGTERM')
    await clock.advanceAsync(50)
    t.same(steps, ['left'])
    await clock.advanceAsync(100)
    await ended
    t.same(steps, ['left', 'finishing'])
    t.same(process.exits, [0])
    t.equal(clock.pending, 0)
  },
)

t.test('SIGHUP has the keys read again, as often as it comes, and ends nothing', async (t) => {
  const clock = createFakeClock()
  const process = createProcess()
  const steps: string[] = []
  const ended = runService('web', process, async () => createService(steps), clock)
  await clock.advanceAsync(1)
  process.signal('SIGHUP')
  process.signal('SIGHUP')
  await clock.advanceAsync(1000)
  t.same(steps, ['keys read', 'keys read'])
  t.same(process.exits, [])
  process.signal('SIGTERM')
  await clock.advanceAsync(1000)
  await ended
})

t.test('requests that take longer than SERVICE_GRACE are not waited for', async (t) => {
  const clock = createFakeClock()
  const process = createProcess({ SERVICE_GRACE: '2000' })
  const ended = runService('web', process, async () => createService([], () => new Promise(() => {})), clock)
  await clock.advanceAsync(1)
  process.signal('SIGINT')
  await clock.advanceAsync(1999)
  t.same(process.exits, [])
  await clock.advanceAsync(1)
  await ended
  t.same(process.exits, [0])
})

t.test('a signal while it starts ends it in order once it has started', async (t) => {
  const clock = createFakeClock()
  const process = createProcess()
  const steps: string[] = []
  let started: () => void = () => {}
  const isStarted = new Promise<void>((resolve) => (started = resolve))
  const start = () => isStarted.then(() => createService(steps))
  const ended = runService('web', process, start, clock)
  process.signal('SIGTERM')
  await clock.advanceAsync(500)
  t.same(steps, [])
  started()
  await clock.advanceAsync(500)
  await ended
  t.same(steps, ['left', 'finishing'])
  t.same(process.exits, [0])
})

t.test('whoever asks twice does not wait', async (t) => {
  const clock = createFakeClock()
  const process = createProcess()
  void runService('web', process, async () => createService([]), clock)
  await clock.advanceAsync(1)
  process.signal('SIGTERM')
  process.signal('SIGINT')
  t.same(process.exits, [1])
})

t.test('an environment that is wrong is one line and exit code 1', async (t) => {
  const process = createProcess({ SERVICE_WEIGHT: 'heavy', SERVICE_PORT: '-1' })
  await runService('web', process, () => Promise.reject(new Error('not reached')))
  t.same(process.exits, [1])
  t.match(process.errors.join(''), /^web: SERVICE_PORT: found "-1".*SERVICE_WEIGHT: found "heavy"[^\n]*\n$/)
})

t.test('a port that is taken names the variable to change', async (t) => {
  const process = createProcess()
  const taken = Object.assign(new Error('listen EADDRINUSE'), { code: 'EADDRINUSE' })
  await runService('web', process, () => Promise.reject(explainListenError(taken, 8080)))
  t.same(process.errors, ['web: port 8080 is in use by another program; set SERVICE_PORT to a free port\n'])
  t.match(explainListenError(Object.assign(new Error('no'), { code: 'EACCES' }), 80), { message: /SERVICE_PORT/ })
  const other = new Error('other')
  t.equal(explainListenError(other, 80), other)
})

t.test('a service that is announced on loopback listens there alone', async (t) => {
  t.equal(listenHost('127.0.0.1'), '127.0.0.1')
  t.equal(listenHost(undefined), '0.0.0.0')
  t.equal(listenHost('203.0.113.7'), '0.0.0.0')
})
