// Following over real sockets, with a daemon that ends its streams as it pleases.

import t from 'tap'
import { followDaemons } from '../../../cli/watch/follow-daemons.ts'
import { closedAddress, serve } from '../http-server.ts'

t.test('a stream that ends is gone on with after its last event, at the next daemon', async (t) => {
  const held: (string | undefined)[] = []
  const tokens = new Set<string | undefined>()
  const url = await serve(t, (request, response) => {
    held.push([request.headers['last-event-id']].flat()[0])
    tokens.add(request.headers.authorization)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.end(`event: joined\nid: e-${held.length}\ndata: {}\n\n`)
  })
  const lost: string[] = []
  const found: string[] = []
  const end = new AbortController()
  const away = `http://${await closedAddress()}`
  const seen: string[] = []
  const options = {
    env: { HTTP_TOKEN: 'a-token-of-the-fleet' },
    signal: end.signal,
    onLost: (from: string) => lost.push(from),
    onFound: (at: string) => found.push(at),
  }
  for await (const { id = '', type } of followDaemons([url, away], '/watch', options)) {
    seen.push(`${type} ${id}`)
    if (seen.length === 3) end.abort()
  }
  t.same(seen, ['joined e-1', 'joined e-2', 'joined e-3'])
  t.same(held, [undefined, 'e-1', 'e-2'])
  t.same([...tokens], ['Bearer a-token-of-the-fleet'])
  t.same(lost, [url, away, url, away])
  t.same(found, [url, url])
})

t.test('a stream that falls silent is left', async (t) => {
  let asked = 0
  const url = await serve(t, (_request, response) => {
    asked += 1
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(`event: joined\nid: e-${asked}\ndata: {}\n\n`)
  })
  const reasons: string[] = []
  const end = new AbortController()
  const onLost = (_url: string, reason: string) => reasons.push(reason)
  const seen: string[] = []
  for await (const { type } of followDaemons([url], '/watch', {
    env: {},
    signal: end.signal,
    idleMs: 50,
    onLost,
    onFound() {},
  })) {
    seen.push(type)
    if (seen.length === 2) end.abort()
  }
  t.same(seen, ['joined', 'joined'])
  t.match(reasons[0], /silent for 50 ms/)
})

t.test('a name that no daemon would accept is an error, and whatever else is refused is tried again', async (t) => {
  let asked = 0
  const url = await serve(t, (_request, response) => {
    asked += 1
    const refused = asked === 1 ? { status: 503, message: 'too many watch' } : { status: 400, message: 'no such form' }
    response.writeHead(refused.status).end(JSON.stringify({ code: 'X', message: refused.message }))
  })
  const reasons: string[] = []
  const onLost = (_url: string, reason: string) => reasons.push(reason)
  const events = followDaemons([url], '/watch', { env: {}, signal: new AbortController().signal, onLost, onFound() {} })
  await t.rejects(events.next(), { code: 'NAME_INVALID', message: 'no such form' })
  t.same(reasons, ['too many watch'])
})
