import t from 'tap'
import type { Test } from 'tap'
import type { StreamEvent } from '../../../../discovery/page/daemon/watch.ts'
import { openWatch } from '../../../../discovery/page/daemon/watch.ts'
import { createFakeClock } from '../../../fixtures/fake-clock.ts'

/** A daemon whose streams a test writes by hand. */
function open(
  test: Test,
  options: { readonly position?: string; readonly onEvent?: (event: StreamEvent) => void } = {},
) {
  const clock = createFakeClock()
  const heard: string[] = []
  const asked: { readonly path: string; readonly position: string | undefined; readonly signal: AbortSignal }[] = []
  const streams: ReadableStreamDefaultController<Uint8Array>[] = []
  let status = 200
  const watch = openWatch({
    clock,
    random: () => 1,
    silenceMs: 10_000,
    position: options.position ?? '',
    async request(path, headers, signal) {
      asked.push({ path, position: headers['last-event-id'], signal })
      if (status === 0) throw new TypeError('connection refused')
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          streams.push(controller)
          signal.addEventListener('abort', () => {
            if (streams.includes(controller)) controller.error(signal.reason)
          })
        },
      })
      return new Response(body, { status })
    },
    onEvent(event) {
      options.onEvent?.(event)
      heard.push(`${event.name} ${event.id} ${event.data}`)
    },
    onLive: () => void heard.push('live'),
    onLost: (reason) => void heard.push(`lost: ${reason}`),
    onRefused: () => void heard.push('refused'),
  })
  test.teardown(async () => {
    watch.close()
    await clock.advanceAsync(0)
    if (clock.pending > 0) throw new Error('something is left waiting')
  })
  return {
    watch,
    clock,
    heard,
    asked,
    answerWith: (next: number) => (status = next),
    write: async (...pieces: readonly (string | Uint8Array)[]) => {
      for (const piece of pieces) streams.at(-1)?.enqueue(typeof piece === 'string' ? Buffer.from(piece) : piece)
      await clock.advanceAsync(0)
    },
    end: async () => {
      streams.pop()?.close()
      await clock.advanceAsync(0)
    },
  }
}

t.test('events are heard in order, in whatever pieces they come', async (t) => {
  const { heard, write, clock } = open(t)
  await clock.advanceAsync(0)
  await write(
    ': heartbeat\n\nevent: snapshot\nid: e1-4\nda',
    'ta: {}\n\nevent: joined\nid: e1-5\n',
    'data: "é',
    '"\n\n',
  )
  t.same(heard, ['live', 'snapshot e1-4 {}', 'joined e1-5 "é"'])
})

t.test('a character that is cut in two is one', async (t) => {
  const { heard, clock, write } = open(t)
  await clock.advanceAsync(0)
  const bytes = Buffer.from('event: joined\nid: e1-1\ndata: é\n\n')
  const middle = bytes.indexOf('é') + 1
  await write(bytes.subarray(0, middle), bytes.subarray(middle))
  t.same(heard, ['live', 'joined e1-1 é'])
})

t.test('after an end it dials again from where it was, later each time', async (t) => {
  const { asked, heard, clock, write, end, answerWith } = open(t)
  await clock.advanceAsync(0)
  await write('event: snapshot\nid: e1-4\ndata: {}\n\n', 'event: knowledge\nid: e1-9\ndata: {}\n\n')
  answerWith(0)
  await end()
  t.equal(heard.at(-1), 'lost: it closed the connection')
  await clock.advanceAsync(50)
  t.equal(asked.length, 2)
  t.equal(heard.at(-1), 'lost: connection refused')
  await clock.advanceAsync(100)
  t.equal(asked.length, 4)
  await clock.advanceAsync(74)
  t.equal(asked.length, 4, 'it waits half as long as it has been away')
  answerWith(200)
  await clock.advanceAsync(1)
  t.same(
    asked.map(({ path, position }) => [path, position]),
    [['/watch', undefined], ...Array.from({ length: 4 }, () => ['/watch', 'e1-4'])],
    'from the last that was heard of the roll; what a daemon says of itself is no position',
  )
  t.equal(heard.at(-1), 'live')
})

t.test('somebody who looks again does not wait', async (t) => {
  const { asked, clock, watch, end } = open(t)
  await clock.advanceAsync(0)
  await end()
  watch.retry()
  await clock.advanceAsync(0)
  t.equal(asked.length, 2)
})

t.test('a stream that falls silent is lost, heartbeats count as words', async (t) => {
  const { heard, clock, write } = open(t)
  await clock.advanceAsync(9_000)
  await write(': heartbeat\n\n')
  await clock.advanceAsync(9_999)
  t.same(heard, ['live'])
  await clock.advanceAsync(1)
  t.same(heard, ['live', 'lost: it fell silent'])
})

t.test('an answer that never comes is lost too', async (t) => {
  const clock = createFakeClock()
  const heard: string[] = []
  const watch = openWatch({
    clock,
    random: () => 1,
    silenceMs: 10_000,
    request: (_path, _headers, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    onEvent: () => undefined,
    onLive: () => void heard.push('live'),
    onLost: (reason) => void heard.push(reason),
    onRefused: () => undefined,
  })
  await clock.advanceAsync(10_000)
  t.same(heard, ['it fell silent'])
  watch.close()
  await clock.advanceAsync(0)
  t.equal(clock.pending, 0)
})

t.test('a doubt ends a stream that only seems to be there', async (t) => {
  const { heard, clock, watch } = open(t)
  await clock.advanceAsync(0)
  watch.doubt()
  await clock.advanceAsync(0)
  t.same(heard, ['live', 'lost: it does not answer'])
})

t.test('what cannot be read is not asked for again', async (t) => {
  const { asked, heard, clock, write } = open(t, {
    onEvent({ data }) {
      if (data === 'bad') throw new Error('not JSON')
    },
  })
  await clock.advanceAsync(0)
  await write('event: joined\nid: e1-5\ndata: good\n\n', 'event: joined\nid: e1-6\ndata: bad\n\n')
  t.same(heard, ['live', 'joined e1-5 good', 'lost: not JSON'])
  await clock.advanceAsync(50)
  t.equal(asked.at(-1)?.position, undefined, 'a snapshot puts it right')
})

t.test('a daemon that wants a token is not asked again without one', async (t) => {
  const { asked, heard, clock, answerWith, end } = open(t)
  answerWith(401)
  await clock.advanceAsync(0)
  await end()
  await clock.advanceAsync(50)
  t.equal(heard.at(-1), 'refused')
  await clock.advanceAsync(60_000)
  t.equal(asked.length, 2)
})

t.test('another watch goes on where one has been', async (t) => {
  const first = open(t)
  await first.clock.advanceAsync(0)
  await first.write('event: joined\nid: e1-7\ndata: {}\n\n')
  first.watch.close()
  t.equal(first.watch.position, 'e1-7')
  const next = open(t, { position: first.watch.position })
  await next.clock.advanceAsync(0)
  t.equal(next.asked[0]?.position, 'e1-7')
})

t.test('a closed watch asks nobody, and lets go of its stream', async (t) => {
  const { asked, clock, heard, watch } = open(t)
  await clock.advanceAsync(0)
  watch.close()
  await clock.advanceAsync(60_000)
  t.equal(asked.length, 1)
  t.equal(asked[0]?.signal.aborted, true)
  t.same(heard, ['live'])
})
