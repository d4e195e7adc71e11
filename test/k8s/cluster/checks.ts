// What has to be so on a cluster, one sentence each, from inside a pod. Each leaves the fleet as it found it.

import assert from 'node:assert/strict'
import { z } from 'zod'
import type { Fleet, RunningPod } from './fleet.ts'
import { namesOf, until, untilTold } from './roll.ts'

export interface Check {
  readonly sentence: string
  /** Fails where it is not so; else what was seen, in a few words. */
  readonly look: (fleet: Fleet) => Promise<string>
}

export const checks: readonly Check[] = [
  { sentence: 'every instance is on the roll by the name and the address of its pod', look: compareRoll },
  { sentence: 'a name resolves over HTTP, at the service and at each daemon by itself', look: resolveOverHttp },
  {
    sentence: 'a name resolves over DNS, on port 53 of the service: its addresses, and its SRV records',
    look: resolveOverDns,
  },
  { sentence: 'a program that knows of DNS alone finds web.service.rollcall', look: findByLibrary },
  {
    sentence: 'an unchanged nginx is on the roll by the agent beside it, and answers where the roll says',
    look: fetchSite,
  },
  { sentence: 'a name is called', look: callAnswer },
  { sentence: 'a pod that is deleted leaves, and its successor joins', look: replaceAnswer },
  { sentence: 'a pod with an agent leaves as well, and whoever has its address is still served', look: replaceSite },
  { sentence: 'a set that is scaled shows its size', look: scaleAnswer },
  {
    sentence: 'no answer changes when the pod of a daemon is deleted',
    look: (fleet) => replaceDaemon(fleet, 'discovery-0', [], 1),
  },
  {
    sentence: 'nobody who asks again where a connection fails is left without an answer when one is deleted by force',
    look: (fleet) => replaceDaemon(fleet, 'discovery-1', ['--grace-period=0', '--force'], 3),
  },
  { sentence: 'the client was answered all the time', look: readClient },
]

/** Where there are keys. */
export const keyChecks: readonly Check[] = [
  { sentence: 'everyone says that it is spoken to over tls+tcp', look: readProtocol },
  { sentence: 'whoever has no key for it is not asked, and puts nothing on the roll', look: answerWithoutKey },
]

async function compareRoll(fleet: Fleet): Promise<string> {
  const counts: string[] = []
  for (const service of ['answer', 'web', 'site', 'classic']) {
    const size = fleet.sizes[service] ?? 0
    // classic is on npm nanomsg, and says no id: it is known by its address.
    if (service === 'classic') await fleet.rollcall('wait', service, '--count', String(size), '--timeout', '2m')
    else await untilTold(fleet, service, size)
    counts.push(`${size} ${service}`)
  }
  return counts.join(', ')
}

async function resolveOverHttp(fleet: Fleet): Promise<string> {
  const answers = await fleet.pods('answer')
  const daemons = await fleet.pods('discovery')
  const urls = ['http://discovery-http:8500', ...daemons.map(({ ip }) => `http://${ip}:8500`)]
  for (const url of urls) {
    const { id } = z
      .object({ id: z.string() })
      .parse(JSON.parse(await fleet.rollcall('resolve', 'answer', '--json', '--daemon', url)))
    assert.ok(
      answers.some(({ name }) => name === id),
      `${url} says ${id}`,
    )
  }
  return urls.join(', ')
}

const lookUpScript = `
  const { Resolver } = require('node:dns').promises
  const resolver = new Resolver()
  resolver.setServers([process.argv[1]])
  const name = 'answer.service.rollcall'
  Promise.all([resolver.resolve4(name), resolver.resolveSrv(name)]).then((found) => console.log(JSON.stringify(found)))
`

async function resolveOverDns(fleet: Fleet): Promise<string> {
  const pods = await fleet.pods('answer')
  const [addresses, services] = z
    .tuple([z.array(z.string()), z.array(z.object({ port: z.number() }))])
    .parse(JSON.parse(await fleet.kubectl.exec('probe', ['node', '-e', lookUpScript, fleet.nameServer])))
  assert.deepEqual(addresses.toSorted(), pods.map(({ ip }) => ip).toSorted())
  assert.deepEqual(
    services.map(({ port }) => port),
    pods.map(() => 9000),
  )
  return `${fleet.nameServer} has ${addresses.join(', ')}`
}

async function findByLibrary(fleet: Fleet): Promise<string> {
  const found = await fleet.kubectl.exec('names', ['getent', 'ahostsv4', 'web.service.rollcall'])
  const addresses = [
    ...new Set(
      found
        .trim()
        .split('\n')
        .map((line) => line.split(' ')[0] ?? ''),
    ),
  ]
  assert.deepEqual(addresses.toSorted(), (await fleet.pods('web')).map(({ ip }) => ip).toSorted())
  return addresses.join(', ')
}

async function fetchSite(fleet: Fleet): Promise<string> {
  const body = await fleet.rollcall('call', 'site')
  assert.match(body, /nginx/)
  return (await fleet.rollcall('resolve', 'site')).trim()
}

async function callAnswer(fleet: Fleet): Promise<string> {
  const said = await fleet.rollcall('call', 'answer')
  assert.match(said, /The answer is 42/)
  return said.trim()
}

async function replaceAnswer(fleet: Fleet): Promise<string> {
  return replaceOne(fleet, 'answer')
}

/** Deletes a pod while it is being fetched from at its address, as by one who resolved it just before. */
async function replaceSite(fleet: Fleet): Promise<string> {
  const [first] = await fleet.pods('site')
  assert.ok(first)
  const script = `
    const until = Date.now() + 3000
    const look = async () => {
      for (let count = 1; ; count += 1) {
        await (await fetch(process.argv[1])).text()
        if (Date.now() > until) return console.log(count)
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    }
    look()
  `
  const running = fleet.kubectl.startExec('probe', ['node', '-e', script, `http://${first.ip}:8080/`])
  const replaced = await replaceOne(fleet, 'site', first)
  const count = await running.end()
  return `${replaced}; ${count.trim()} requests to the one that left`
}

async function replaceOne(fleet: Fleet, service: string, pod?: RunningPod): Promise<string> {
  const [first] = pod ? [pod] : await fleet.pods(service)
  assert.ok(first)
  await fleet.kubectl.run(['delete', 'pod', first.name, '--wait=false'])
  const roll = await untilTold(fleet, service, fleet.sizes[service] ?? 0)
  assert.ok(!roll.some(({ name }) => name === first.name))
  return `without ${first.name} there are ${namesOf(roll)}`
}

async function scaleAnswer(fleet: Fleet): Promise<string> {
  const usual = fleet.sizes['answer'] ?? 0
  const sizes = [usual + 2, 1, usual]
  for (const size of sizes) {
    await fleet.kubectl.run(['scale', 'deployment/answer', `--replicas=${size}`])
    await untilTold(fleet, 'answer', size)
  }
  return sizes.join(', then ')
}

const talliesSchema = z.record(
  z.string(),
  z.object({ asked: z.number(), wrong: z.number(), mistakes: z.array(z.string()) }),
)

async function replaceDaemon(
  fleet: Fleet,
  name: string,
  flags: readonly string[],
  httpAttempts: number,
): Promise<string> {
  const asking = await fleet.keepAsking('answer', httpAttempts)
  await readyAgain(fleet, name, async () => fleet.kubectl.run(['delete', 'pod', name, '--wait=false', ...flags]))
  const tallies = talliesSchema.parse(JSON.parse(await asking.end()))
  const asked = Object.entries(tallies).map(([door, tally]) => `${tally.asked} by ${door}`)
  const wrong = Object.entries(tallies).flatMap(([door, tally]) =>
    tally.wrong > 0 ? [`${tally.wrong} by ${door}: ${tally.mistakes.join('; ')}`] : [],
  )
  assert.deepEqual(wrong, [], `of lookups ${asked.join(', ')}: wrong ${wrong.join(', ')}`)
  assert.ok(
    Object.values(tallies).every((tally) => tally.asked > 20),
    asked.join(', '),
  )
  return `${asked.join(', ')}, all of them right`
}

const podSchema = z.object({
  metadata: z.object({ uid: z.string() }),
  status: z.object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]) }),
})

/** Waits until the successor of a pod of the set, which has its name, is ready. */
async function readyAgain(fleet: Fleet, name: string, end: () => Promise<unknown>): Promise<void> {
  const read = async () => podSchema.parse(await fleet.kubectl.readJson(['get', 'pod', name]))
  const { metadata: before } = await read()
  await end()
  await until(`a successor of ${name}`, async () => {
    const { metadata, status } = await read()
    const isReady = status.conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True')
    return metadata.uid !== before.uid && isReady ? { found: true } : { instead: 'it is not ready' }
  })
}

async function readClient(fleet: Fleet): Promise<string> {
  const log = await fleet.kubectl.run(['logs', 'deployment/client', '--tail=-1'])
  const lines = log.split('\n')
  const first = lines.findIndex((line) => line.includes('The answer is 42'))
  const told = lines.slice(first).filter((line) => /The answer is 42|nobody answered/.test(line))
  assert.ok(first >= 0, 'it was never answered')
  assert.deepEqual(
    told.filter((line) => line.includes('nobody answered')),
    [],
  )
  return `${told.length} calls`
}

async function readProtocol(fleet: Fleet): Promise<string> {
  const address = (await fleet.rollcall('resolve', 'answer')).trim()
  assert.match(address, /^tls\+tcp:/)
  return address
}

async function answerWithoutKey(fleet: Fleet): Promise<string> {
  const daemons = await fleet.pods('discovery')
  const refused: string[] = []
  for (const { ip } of daemons)
    for (const dial of [[`tcp://${ip}:5555`], [`tls+tcp://${ip}:5555`, '--service', 'answer']]) {
      const line = 'answer|tcp://10.9.9.9:9000'
      // The pod holds a key for calls.
      const trying = fleet.rollcall('sp', 'respondent', '-D', line, '--recv-timeout', '3', '--dial', ...dial)
      const ended = await trying.then(
        () => 'with 0',
        (error: unknown) => String(error),
      )
      assert.match(ended, /exit code 3/, `${dial.join(' ')} ended ${ended}`)
      refused.push(dial.join(' '))
    }
  await untilTold(fleet, 'answer', fleet.sizes['answer'] ?? 0)
  return refused.join(', ')
}
