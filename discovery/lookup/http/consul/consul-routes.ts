// Consul's read API over the roll, so that its clients work unchanged. Promises the shapes of its documentation, blocking queries per service that
// never hang on a daemon that the client meets for the first time, and no empty list where nothing is known. Nothing here changes the roll.

import type { FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { planChoice } from '../../../../messaging/roll/choose.ts'
import { readServiceName } from '../../../../messaging/roll/name.ts'
import type { Instance } from '../../../registry/instance.ts'
import type { Parameters } from '../../choice-filter.ts'
import { createTooManyWatchers, createWarmingUp } from '../../problem.ts'
import type { LookupOutcome, RollReader } from '../../roll-reader.ts'
import type { Scope } from '../change-fan.ts'
import { sendJson, sendProblem } from '../respond.ts'
import type { RouteAbout, RouteContext } from '../route.ts'
import type { Blocking } from './query.ts'
import { catalogServiceQuery, checksQuery, healthServiceQuery, listQuery, readQuery, readWaitMs } from './query.ts'
import type { ShapeContext } from './shapes.ts'
import {
  describeCatalogService,
  describeHealthCheck,
  describeNode,
  describeServiceEntry,
  readCheckStatus,
} from './shapes.ts'

/** What Consul calls the datacenter of an agent that was told none. */
const defaultDatacenter = 'dc1'

const states: readonly string[] = ['any', 'passing', 'warning', 'critical']

const whyReadOnly =
  'the catalog is what services answer when they are asked, and cannot be written: join() the roll, or put an agent or a watcher beside the program'

/** An index says something about the daemon and the life of it that gave it: whoever brings another's is answered at once. */
export function createIndexBase(epoch: string): number {
  return ((Number.parseInt(epoch, 16) % 2 ** 20) + 1) * 2 ** 32
}

type ConsulRequest = FastifyRequest<{ Params: { service?: string; state?: string }; Querystring: Parameters }>

interface Asked<Query extends Blocking> {
  readonly query: Query
  /** Of the path, in lower case. */
  readonly service: string
  readonly state: string
}

interface Route<Shape extends z.core.$ZodShape> {
  readonly path: string
  readonly summary: string
  readonly query: z.ZodObject<Shape>
  readonly answer: (asked: Asked<z.output<z.ZodObject<Shape>>>, context: ShapeContext) => unknown
}

export function addConsulRoutes(context: RouteContext): void {
  const { app, reader, lookups, fan, waits } = context
  const { zone } = reader.health()
  const datacenter = zone === '' ? defaultDatacenter : zone
  const base = createIndexBase(reader.changes.epoch)

  function add<Shape extends z.core.$ZodShape>({ path, summary, query, answer }: Route<Shape>): void {
    const isNamed = path.includes(':service')
    const about: RouteAbout = {
      chapter: 'consul',
      summary: `Consul: ${summary}`,
      query,
      answer: { description: 'as in the documentation of Consul' },
      problems: isNamed
        ? ['BAD_NAME', 'BAD_QUERY', 'WARMING_UP', 'TOO_MANY_WATCHERS']
        : ['BAD_QUERY', 'WARMING_UP', 'TOO_MANY_WATCHERS'],
    }
    app.get(path, { config: { about } }, async (request: ConsulRequest, reply) => {
      const named = isNamed ? readServiceName(request.params.service ?? '') : { name: '' }
      if ('reason' in named) return sendProblem(reply, reader, { code: 'BAD_NAME', message: named.reason })
      const { state = '' } = request.params
      if (path.includes(':state') && !states.includes(state))
        return refuse(reply, `a state is one of ${states.join(', ')}`)
      const read = readQuery(query, request.query)
      if ('reason' in read) return refuse(reply, read.reason)
      const blocking: Blocking = read.value
      const { dc = '' } = blocking
      if (dc !== '' && dc !== datacenter) return refuse(reply, `no path to datacenter "${dc}"; this is "${datacenter}"`)
      const scope = isNamed ? named.name : undefined
      if (!(await isWanted(scope, blocking, reply))) return reply
      if (!isKnown(reader, scope)) {
        if (isNamed) lookups.count('consul', 'WARMING_UP')
        return sendProblem(setHeaders(reply, scope), reader, createWarmingUp(reader.retryAfterMs))
      }
      const index = base + fan.sequenceOf(scope)
      const asked = { query: read.value, service: named.name, state }
      return sendJson(setHeaders(reply, scope), reader, answer(asked, { datacenter, index }))
    })
  }

  /** Everyone of a name whom the filters leave, as a lookup that is counted. */
  function lookupEveryone(service: string, selection: Selection): readonly Instance[] {
    const all = reader.instances(service)
    const found = selectInstances(all, selection)
    lookups.count('consul', readOutcome(found.length, found.length, all.length))
    return found
  }

  function refuse(reply: FastifyReply, message: string): FastifyReply {
    return sendProblem(reply, reader, { code: 'BAD_QUERY', message })
  }

  function setHeaders(reply: FastifyReply, scope: Scope): FastifyReply {
    return reply.headers({
      'x-consul-index': String(base + fan.sequenceOf(scope)),
      'x-consul-knownleader': String(reader.isReady),
      'x-consul-lastcontact': '0',
      'x-consul-effective-consistency': 'leader',
    })
  }

  /** Waits as a blocking query does. False when it has been answered, or its client has gone. */
  async function isWanted(scope: Scope, blocking: Blocking, reply: FastifyReply): Promise<boolean> {
    const sequence = fan.sequenceOf(scope)
    if (Number(blocking.index ?? 0) !== base + sequence || !isKnown(reader, scope)) return true
    if (fan.isFull) {
      sendProblem(reply, reader, createTooManyWatchers())
      return false
    }
    if (await waits.untilChanged(scope, sequence, readWaitMs(blocking), reply)) return true
    reply.hijack()
    return false
  }

  add({
    path: '/v1/catalog/services',
    summary: 'the names on the roll, each with its tags',
    query: listQuery,
    answer: () => Object.fromEntries(reader.services().map((name) => [name, collectTags(reader.instances(name))])),
  })
  add({
    path: '/v1/catalog/service/:service',
    summary: 'every instance of a name',
    query: catalogServiceQuery,
    answer: ({ query, service }, shape) =>
      sortNear(lookupEveryone(service, query), readNear(query.near, zone)).map((instance) =>
        describeCatalogService(instance, shape),
      ),
  })
  add({
    path: '/v1/catalog/nodes',
    summary: 'every host that instances are on',
    query: listQuery,
    answer: (_asked, shape) => collectHosts(reader).map((host) => describeNode(host, shape)),
  })
  add({
    path: '/v1/health/service/:service',
    summary: 'every instance of a name with its check; ?passing gives whom a lookup may hand out',
    query: healthServiceQuery,
    answer({ query, service }, shape) {
      const all = selectInstances(reader.instances(service), query)
      const found = query.passing === true ? choosePassing(reader, service, query) : all
      lookups.count('consul', readOutcome(found.length, all.length, reader.instances(service).length))
      return sortNear(found, readNear(query.near, zone)).map((instance) => describeServiceEntry(instance, shape))
    },
  })
  add({
    path: '/v1/health/checks/:service',
    summary: 'the check of every instance of a name',
    query: checksQuery,
    answer: ({ query, service }, shape) =>
      lookupEveryone(service, query).map((instance) => describeHealthCheck(instance, shape)),
  })
  add({
    path: '/v1/health/state/:state',
    summary: 'the checks in this state: any, passing, warning or critical',
    query: checksQuery,
    answer: ({ query, state }, shape) =>
      reader
        .services()
        .flatMap((name) => selectInstances(reader.instances(name), query))
        .filter((instance) => state === 'any' || readCheckStatus(instance) === state)
        .map((instance) => describeHealthCheck(instance, shape)),
  })

  addAgentRoutes(context, datacenter)
}

/** What clients ask before all else, and what they are refused. */
function addAgentRoutes({ app, reader }: RouteContext, datacenter: string): void {
  const about = (summary: string): RouteAbout => ({
    chapter: 'consul',
    summary: `Consul: ${summary}`,
    answer: { description: 'as in the documentation of Consul' },
  })
  const datacenters = about('the one datacenter that there is: ZONE of this daemon, or dc1')
  app.get('/v1/catalog/datacenters', { config: { about: datacenters } }, (_request, reply) =>
    sendJson(reply, reader, [datacenter]),
  )
  const leader = about('who answers, or nobody while the daemon does not know the roll')
  app.get('/v1/status/leader', { config: { about: leader } }, ({ host }, reply) =>
    sendJson(reply, reader, reader.isReady ? host : ''),
  )
  const self = about('what this daemon is')
  app.get('/v1/agent/self', { config: { about: self } }, ({ host, hostname }, reply) => {
    const { version, epoch } = reader.health()
    const name = `rollcall-${epoch}`
    return sendJson(reply, reader, {
      Config: { Datacenter: datacenter, NodeName: name, NodeID: epoch, Server: true, Revision: '', Version: version },
      Member: { Name: name, Addr: hostname, Port: Number(host.split(':').at(-1)), Tags: {}, Status: 1 },
      Meta: {},
    })
  })
  app.route({
    method: ['PUT', 'POST', 'DELETE', 'PATCH'],
    url: '/v1/*',
    handler: (_request, reply) => {
      reply.header('allow', 'GET, HEAD')
      return sendProblem(reply, reader, { code: 'METHOD_NOT_ALLOWED', message: whyReadOnly })
    },
  })
}

/** Whether what would be answered rests on knowledge: a list of everyone says as well who is not here. */
function isKnown(reader: RollReader, scope: Scope): boolean {
  return reader.isReady || (scope !== undefined && reader.instances(scope).length > 0)
}

interface Selection {
  readonly filter?: (instance: Instance) => boolean
  readonly tag?: string | readonly string[]
}

function readTags({ tag = [] }: Selection): readonly string[] {
  return [tag].flat().filter((text) => text !== '')
}

function selectInstances(instances: readonly Instance[], selection: Selection): readonly Instance[] {
  const { filter = () => true } = selection
  const tags = readTags(selection)
  return instances.filter((instance) => filter(instance) && tags.every((tag) => instance.tags.includes(tag)))
}

/** Of a lookup that found so many, of so many that the filters left, of so many of the name. */
function readOutcome(found: number, selected: number, all: number): LookupOutcome['outcome'] {
  if (found > 0) return 'PROVIDER'
  if (selected > 0) return 'NONE_PASSING'
  return all > 0 ? 'NO_MATCH' : 'UNKNOWN_SERVICE'
}

/** By the choice that every door makes: the first group that is not empty, of those that the filters leave. */
function choosePassing(reader: RollReader, service: string, selection: Selection): readonly Instance[] {
  const isPlain = selection.filter === undefined && readTags(selection).length === 0
  const choice = isPlain
    ? reader.lookupAll(service)
    : planChoice(selectInstances(reader.instances(service), selection)).all
  return choice.outcome === 'PROVIDERS' ? choice.instances : []
}

function readNear(near: string | undefined, ownZone: string): string {
  return near === '_agent' || near === '_ip' ? ownZone : (near ?? '')
}

/** Those near come first; nobody is left out. */
function sortNear(instances: readonly Instance[], near: string): readonly Instance[] {
  if (near === '') return instances
  const isNear = ({ zone, host }: Instance) => zone === near || host === near
  return [...instances.filter(isNear), ...instances.filter((instance) => !isNear(instance))]
}

function collectTags(instances: readonly Instance[]): readonly string[] {
  return [...new Set(instances.flatMap(({ tags }) => tags))].toSorted()
}

function collectHosts(reader: RollReader): readonly string[] {
  const hosts = reader.services().flatMap((name) => reader.instances(name).map(({ host }) => host))
  return [...new Set(hosts)].toSorted()
}
