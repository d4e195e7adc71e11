import { request } from 'node:http'
import t from 'tap'
import type { Test } from 'tap'
import { createHttpApp } from '../../../../discovery/lookup/http/http-app.ts'
import { createFakeRoll } from '../../../fixtures/roll-reader.ts'

const html = '<!doctype html><script type="module" src="/assets/index-abc.js"></script>'
const asksForPage = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' }

function open(test: Test, folder: Parameters<Test['testdir']>[0] = built) {
  const app = createHttpApp({ reader: createFakeRoll(), pageFolder: test.testdir(folder) })
  test.teardown(() => app.close())
  return app
}

const built = {
  'index.html': html,
  assets: { 'index-abc.js': 'render()', 'page-def.css': 'body {}' },
  'secret.txt': 'not of the page',
}

t.test('a browser is given the page, everything else the list of routes', async (t) => {
  const app = open(t)
  const page = await app.inject({ url: '/', headers: asksForPage })
  t.equal(page.statusCode, 200)
  t.equal(page.body, html)
  t.match(page.headers, {
    'content-type': 'text/html; charset=utf-8',
    vary: 'Accept, Origin',
    'cache-control': 'no-cache',
  })
  for (const accept of ['*/*', 'application/json', '', 'text/html;q=0', 'application/xhtml+xml']) {
    const list = await app.inject({ url: '/', headers: { accept } })
    t.match(list.headers, { 'content-type': /^application\/json/, vary: 'Accept, Origin' }, accept)
    t.ok(list.json().routes['/resolve/:service'])
  }
})

t.test('the page may run and reach nothing but this daemon, and nobody may frame it', async (t) => {
  const app = open(t)
  for (const url of ['/', '/assets/index-abc.js']) {
    const { headers } = await app.inject({ url, headers: asksForPage })
    const policy = String(headers['content-security-policy'])
    t.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self';/)
    t.match(policy, /frame-ancestors 'none'/)
    t.notMatch(policy, /unsafe|http|\*|data:/)
    t.match(headers, { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' })
  }
})

t.test('the page is asked about each time, and not sent again while it is the same', async (t) => {
  const app = open(t)
  const { headers } = await app.inject({ url: '/', headers: asksForPage })
  const { etag } = headers
  const again = await app.inject({ url: '/', headers: { ...asksForPage, 'if-none-match': String(etag) } })
  t.equal(again.statusCode, 304)
  t.equal(again.body, '')
  // Of the same size and, as in packages, of the same time: told apart by what is in it.
  const next = open(t, { ...built, 'index.html': html.replace('abc', 'xyz') })
  const other = await next.inject({ url: '/', headers: { ...asksForPage, 'if-none-match': String(etag) } })
  t.equal(other.statusCode, 200)
  t.match(other.body, /index-xyz/)
})

t.test('what has a hash in its name is kept for a year', async (t) => {
  const app = open(t)
  const script = await app.inject('/assets/index-abc.js')
  t.equal(script.body, 'render()')
  t.match(script.headers, {
    'content-type': /javascript/,
    'cache-control': 'public, max-age=31536000, immutable',
    etag: /./,
  })
  t.match((await app.inject('/assets/page-def.css')).headers, { 'content-type': /^text\/css/ })
})

t.test('a token stands before the roll, and not before the page, which asks people for it', async (t) => {
  const app = createHttpApp({ reader: createFakeRoll(), pageFolder: t.testdir(built), gate: { token: 'secret' } })
  t.teardown(() => app.close())
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const statusOf = async (path: string, accept: string) => (await fetch(url + path, { headers: { accept } })).status
  t.equal(await statusOf('/', asksForPage.accept), 200)
  t.equal(await statusOf('/?from=mail', asksForPage.accept), 200)
  t.equal(await statusOf('/assets/index-abc.js', '*/*'), 200)
  for (const path of [
    '/services',
    '/rounds',
    '/docs',
    '/index.html',
    '//services',
    '/assets/../services',
    '/resolve/assets/',
  ])
    t.equal(await statusOf(path, asksForPage.accept), 401, path)
  t.equal(await statusOf('/', '*/*'), 401)
})

t.test('no other file can be had, however its path is written', async (t) => {
  const app = open(t)
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const paths = [
    '/secret.txt',
    '/assets/secret.txt',
    '/assets/../secret.txt',
    '/assets/..%2fsecret.txt',
    '/assets/%2e%2e/secret.txt',
    '/assets/..%5csecret.txt',
    '/assets/',
    '/assets',
    '/index.html',
    '/assets/index-old.js',
  ]
  for (const path of paths) {
    // By node:http, which sends a path as it is.
    const status = await new Promise((resolve, reject) => {
      const asked = request(url, { path, agent: false }, (reply) => {
        reply.resume()
        resolve(reply.statusCode)
      })
      asked.once('error', reject).end()
    })
    t.equal(status, 404, path)
  }
})

t.test('without a built page a browser is told what to do, and the rest works', async (t) => {
  const app = open(t, {})
  const page = await app.inject({ url: '/', headers: asksForPage })
  t.equal(page.statusCode, 404)
  t.match(page.json(), { code: 'NOT_FOUND', message: /npm run build/ })
  t.equal((await app.inject('/')).statusCode, 200)
  t.equal((await app.inject('/health')).statusCode, 200)
})
