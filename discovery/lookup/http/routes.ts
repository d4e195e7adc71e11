// The routes of the HTTP door, each a view of the reader. Promises the codes and statuses of DESIGN.md sections 4 and 5; leaves
// the server itself and everything that matches no route to http-app.ts.

import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { readServiceName } from '../../../messaging/roll/name.ts'
import type { Parameters } from '../choice-filter.ts'
import { readFilter, readStrictly } from '../choice-filter.ts'
import { createRefusal, createWarmingUp } from '../problem.ts'
import type { RollReader } from '../roll-reader.ts'
import { countInstances, describeInstance, writeProvider } from './instance-json.ts'
import { sendJson, sendList, sendProblem, sendText } from './respond.ts'

/** Every route with what it gives, as `GET /` shows it. */
export const routeIndex = Object.freeze({
  '/resolve/:service': 'one live provider of the name; ?zone= ?near= ?tag= ?version= narrow it',
  '/services': 'the names on the roll',
  '/services/:service': 'every instance of the name with its state; ?dynamic=true adds its load',
  '/rounds': 'the last 100 rounds: who was asked, who answered, who did not',
  '/health': 'how this daemon is; 200 while it works',
  '/ready': '200 once it knows who is here, 503 until then',
  '/': 'this list',
})

type NamedRequest = FastifyRequest<{ Params: { service: string }; Querystring: Parameters }>
type QueryRequest = FastifyRequest<{ Querystring: Parameters }>

const noParameters = z.strictObject({})
const instanceParameters = z.strictObject({
  dynamic: z.enum(['true', 'false'], { error: 'dynamic is either true or false' }).exactOptional(),
})

export function addRoutes(app: FastifyInstance, reader: RollReader, dateMs: () => number): void {
  app.get('/resolve/:service', (request: NamedRequest, reply) => {
    const named = readServiceName(request.params.service)
    if ('reason' in named) return sendProblem(reply, reader, { code: 'BAD_NAME', message: named.reason })
    const read = readFilter(request.query)
    if ('reason' in read) return sendProblem(reply, reader, { code: 'BAD_QUERY', message: read.reason })
    const choice = reader.lookup(named.name, read.filter)
    if (choice.outcome === 'PROVIDER') return sendText(reply, reader, writeProvider(choice.instance))
    return sendProblem(reply, reader, createRefusal(named.name, choice))
  })

  app.get('/services', (request: QueryRequest, reply) => {
    const read = readStrictly(noParameters, request.query)
    if ('reason' in read) return sendProblem(reply, reader, { code: 'BAD_QUERY', message: read.reason })
    const services = reader.services()
    if (services.length === 0 && !reader.isReady) {
      return sendProblem(reply, reader, createWarmingUp(reader.retryAfterMs))
    }
    return sendList(request, reply, reader, reader.changes.sequence, () => ({
      isComplete: reader.isReady,
      services: services.map((service) => ({ service, ...countInstances(reader.instances(service)) })),
    }))
  })

  app.get('/services/:service', (request: NamedRequest, reply) => {
    const named = readServiceName(request.params.service)
    if ('reason' in named) return sendProblem(reply, reader, { code: 'BAD_NAME', message: named.reason })
    const read = readStrictly(instanceParameters, request.query)
    if ('reason' in read) return sendProblem(reply, reader, { code: 'BAD_QUERY', message: read.reason })
    const service = named.name
    const instances = reader.instances(service)
    if (instances.length === 0) {
      const outcome = reader.isReady
        ? ({ outcome: 'UNKNOWN_SERVICE' } as const)
        : ({ outcome: 'WARMING_UP', retryAfterMs: reader.retryAfterMs } as const)
      return sendProblem(reply, reader, createRefusal(service, outcome))
    }
    const withDynamic = read.value.dynamic === 'true'
    const createBody = () => {
      const options = { nowMs: reader.nowMs(), dateMs: dateMs(), withDynamic }
      const described = instances.map((instance) => describeInstance(instance, options))
      return { service, isComplete: reader.isReady, instances: described }
    }
    // Load moves all the time and no change is made for it: whoever asks for it gets it, never a 304.
    if (withDynamic) return sendJson(reply, reader, createBody())
    return sendList(request, reply, reader, reader.changes.sequenceOf(service), createBody)
  })

  app.get('/rounds', (request: QueryRequest, reply) => {
    const read = readStrictly(noParameters, request.query)
    if ('reason' in read) return sendProblem(reply, reader, { code: 'BAD_QUERY', message: read.reason })
    return sendJson(reply, reader, { rounds: reader.rounds() })
  })

  // The next three are asked by probes and people: no parameter can make them fail.
  app.get('/health', (_request, reply) => sendJson(reply, reader, reader.health()))

  app.get('/ready', (_request, reply) => {
    if (!reader.isReady) return sendProblem(reply, reader, createWarmingUp(reader.retryAfterMs))
    return sendJson(reply, reader, { isReady: true, round: reader.round })
  })

  app.get('/', (_request, reply) => {
    return sendJson(reply, reader, { name: 'rollcall', version: reader.health().version, routes: routeIndex })
  })
}
