// Everyone on a daemon's roll: ids that two claim, addresses that others may not reach, who is silent, and whether each can be
// connected to from here.

import { z } from 'zod'
import { askDaemons, describeFailure, readProblem } from '../asking/daemon-client.ts'
import { readReply } from '../asking/lookup.ts'
import type { Terminal } from '../terminal/terminal.ts'
import type { Finding } from './finding.ts'
import { fine, wrong } from './finding.ts'
import { tryConnect } from './port-probe.ts'

/** A look at a fleet, and no load on it. */
const maxInstances = 500
const atOnce = 32
const connectTimeoutMs = 2000

/** Nothing listens on a TCP port for them. */
const withoutPort: ReadonlySet<string> = new Set(['udp', 'quic', 'ipc', 'inproc'])

const namesSchema = z.looseObject({ services: z.array(z.looseObject({ service: z.string() })) })
const instanceSchema = z.looseObject({
  service: z.string(),
  id: z.string(),
  address: z.string(),
  protocol: z.string(),
  host: z.string(),
  port: z.number(),
  state: z.enum(['alive', 'suspect']),
  detached: z.boolean(),
  unsure: z.boolean(),
  conflict: z.boolean(),
})
const instancesSchema = z.looseObject({ instances: z.array(instanceSchema) })

type InstanceReply = z.infer<typeof instanceSchema>

/** Fails with `LOOKUP_FAILED`. */
export async function checkRoll(url: string, env: Terminal['env']): Promise<Finding[]> {
  const reply = await askDaemons([url], '/services', { env })
  if (reply.status === 401) {
    const { message } = readProblem(reply)
    return [wrong('http', `${url}: ${message}`, 'set HTTP_TOKEN here to that of the daemon')]
  }
  // What it says instead of a list has been told of: it does not know yet.
  if (reply.status !== 200) return []
  const { instances, total } = await readRoll(url, readReply(namesSchema, reply.body, url), env)
  if (total === 0) return [fine('roll', `${url}: nobody is on the roll`)]
  const part = instances.length < total ? `the first ${instances.length} of ${total} instances` : `${total} instances`
  const oddities = instances.flatMap(judgeInstance)
  const roll = oddities.length > 0 ? oddities : [fine('roll', `${url}: ${part}, nothing odd about any`)]
  return [...roll, ...(await checkReach(instances, part))]
}

async function readRoll(
  url: string,
  { services }: z.infer<typeof namesSchema>,
  env: Terminal['env'],
): Promise<{ instances: InstanceReply[]; total: number }> {
  const instances: InstanceReply[] = []
  let total = 0
  for (const { service } of services) {
    const named = await askDaemons([url], `/services/${encodeURIComponent(service)}`, { env })
    // It may have left since.
    if (named.status !== 200) continue
    const found = readReply(instancesSchema, named.body, url).instances
    total += found.length
    instances.push(...found.slice(0, maxInstances - instances.length))
  }
  return { instances, total }
}

function nameOf({ service, id }: InstanceReply): string {
  return `${service}/${id}`
}

function judgeInstance(instance: InstanceReply): Finding[] {
  const findings: Finding[] = []
  const name = nameOf(instance)
  if (instance.conflict) {
    const advice = 'give each process a SERVICE_ID of its own; by default it is the host name and the port'
    findings.push(wrong('roll', `${name}: two processes that live claim this id`, advice))
  }
  if (instance.unsure) {
    const advice = 'set its SERVICE_HOST to a name or an address that others can reach'
    findings.push(wrong('roll', `${name}: others may not reach ${instance.address}`, advice))
  }
  if (instance.state === 'suspect') {
    const advice = 'see that it runs and is not stuck; it leaves the roll by itself when it stays away'
    const why = instance.detached ? 'its connection is closed' : 'it does not answer'
    findings.push(wrong('roll', `${name}: suspect, since ${why}`, advice))
  }
  return findings
}

async function checkReach(instances: readonly InstanceReply[], part: string): Promise<Finding[]> {
  const waiting = instances.filter(({ protocol }) => !withoutPort.has(protocol)).values()
  const findings: Finding[] = []
  const work = async (): Promise<void> => {
    for (const instance of waiting) {
      const { host, port, address } = instance
      const failure = await tryConnect({ host: host.replace(/^\[(.*)\]$/, '$1'), port }, connectTimeoutMs)
      if (failure === undefined) continue
      const advice =
        'see that it listens on that port and not on loopback alone, and that SERVICE_HOST and SERVICE_PORT are what others dial; from outside a container network no address in it is reached'
      const text = `${nameOf(instance)}: ${address} cannot be connected to from here (${describeFailure(failure)})`
      findings.push(wrong('reach', text, advice))
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return findings.length > 0 ? findings : [fine('reach', `${part} can be connected to from here`)]
}
