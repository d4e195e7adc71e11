// What the tests know of the sample fleet: who belongs to it, when a daemon knows them all, and calling them as a program
// of the fleet would.

import type { Container } from 'dockerode'
import type { Test } from 'tap'
import { execute } from './fleet.ts'
import type { Fleet } from './fleet.ts'
import { untilAlive, untilCount } from './roll.ts'
import { watchResolve } from './watcher.ts'

export const answers: readonly string[] = ['answer-1', 'answer-2', 'answer-3']
export const webs: readonly string[] = ['web-1', 'web-2']
/** Those that `rollcall call` can talk to. */
export const callable: readonly string[] = ['answer', 'web', 'classic']
/** Of the image as it stands, and known by others' word. */
export const foreign: readonly string[] = ['nginx', 'redis']
export const services: readonly string[] = [...callable, ...foreign]

export async function untilComplete(url: string): Promise<void> {
  await untilAlive(url, 'answer', answers)
  await untilAlive(url, 'web', webs)
  for (const service of ['classic', ...foreign]) await untilCount(url, service, 1)
}

/** Resolves and calls a service from the client's container, again and again; gives the ids of who answered. */
export async function callFromClient(fleet: Fleet, service: string): Promise<string[]> {
  const script = `timeout --signal=INT 30 rollcall call ${service} --every 30ms | head -n 60`
  const { stdout } = await execute(await fleet.container('client'), ['sh', '-c', script])
  const said = [...stdout.matchAll(/^(\S+) said: .*The answer is 42/gm)].map(([, id]) => id ?? '')
  return [...new Set(said)].toSorted()
}

/** Resolves nginx or redis in the client's container, and talks to what it was given as a program there would. Gives what that said. */
export async function talkFromClient(fleet: Fleet, service: 'nginx' | 'redis'): Promise<string> {
  const talk = {
    nginx: 'console.log(await (await fetch(address)).text())',
    redis: `import('node:net').then(({ connect }) =>
      connect({ host, port }).end('PING\\r\\n').pipe(process.stdout))`,
  }
  const script = `const [url] = process.env.ROLLCALL_URL.split(',')
    const { address, host, port } = await (await fetch(url + '/resolve/${service}')).json()
    ${talk[service]}`
  const { stdout } = await execute(await fleet.container('client'), ['node', '--input-type=module', '-e', script])
  return stdout
}

/** The whole roll is known to a daemon after it was away, and it never said that a name of the fleet does not exist. */
export async function neverUnknown(t: Test, url: string, harm: () => Promise<void>): Promise<void> {
  const watchers = services.map((service) => watchResolve(url, service))
  await harm()
  await untilComplete(url)
  for (const watcher of watchers) {
    await watcher.stop()
    t.strictSame(
      watcher.seen.filter(({ status }) => status === 404),
      [],
    )
    t.ok(watcher.unanswered > 0, 'it was away')
    t.ok(watcher.seen.some(({ status }) => status === 200))
  }
}

/** All that answer the roll call, and the gate that one of them stands behind. */
export async function everyProvider(fleet: Fleet): Promise<Container[]> {
  const numbered = [...answers, ...webs, 'classic-1', 'gate-1', 'watcher-1', 'redis-1'].map((id) => id.split('-'))
  return Promise.all(numbered.map(([service = '', number]) => fleet.container(service, Number(number))))
}

/** The answer of classic has no id, so that it is called by its address: that of the gate where it stands behind one. */
export const classicAddress = Object.freeze({ behindGate: 'tcp://gate:9000', open: 'tcp://classic:9000' })
