// The door of Prometheus: whom to scrape, in the form of its HTTP service discovery, and what this daemon tells of itself. A daemon that may not
// know everyone yet refuses to say whom, so that Prometheus keeps those it has.

import { z } from 'zod'
import { formatHostPort } from '../../../messaging/sp/address.ts'
import { readServiceName } from '../../../messaging/roll/name.ts'
import type { Instance } from '../../registry/instance.ts'
import { filterSchema, toFilter } from '../choice-filter.ts'
import { createWarmingUp } from '../problem.ts'
import { createHeaders, sendJson, sendProblem } from './respond.ts'
import type { RouteContext } from './route.ts'
import { addRoute } from './route.ts'

/** As much of `Metrics` as is asked for here. */
export interface MetricsSource {
  /** `followers`: who follows changes over HTTP now, by door. */
  write(followers: Readonly<Record<string, number>>): Promise<string>
  readonly contentType: string
}

const targetsAnswer = z.array(
  z.strictObject({
    targets: z.array(z.string()).meta({ description: 'host:port' }),
    labels: z.record(z.string(), z.string()).meta({ description: '__meta_rollcall_*' }),
  }),
)

const serviceName = z.string('service is given more than once').transform((text, context) => {
  const named = readServiceName(text)
  if ('name' in named) return named.name
  context.addIssue(named.reason)
  return z.NEVER
})

const targetParameters = z.strictObject({
  service: serviceName.meta({ description: 'only this name' }).exactOptional(),
  tag: filterSchema.shape.tag,
})

export function addPrometheusRoutes(context: RouteContext, metrics: MetricsSource | undefined): void {
  const { app, reader, lookups, waits, watchDoor } = context

  addRoute(
    context,
    '/sd/prometheus',
    {
      chapter: 'prometheus',
      summary: 'everyone on the roll as targets for http_sd_configs; ?service= ?tag= narrow it',
      description:
        'Suspects are among them, so that a failed scrape shows. 503 until the whole roll is known: Prometheus keeps what it has.',
      query: targetParameters,
      answer: { description: 'a group for each instance', schema: targetsAnswer },
      problems: ['BAD_QUERY', 'WARMING_UP'],
    },
    (_request, reply, { service, ...narrowing }) => {
      if (!reader.isReady) {
        lookups.count('prometheus', 'WARMING_UP')
        return sendProblem(reply, reader, createWarmingUp(reader.retryAfterMs))
      }
      const { tags = [] } = toFilter(narrowing)
      const names = service === undefined ? reader.services() : [service]
      const all = names.flatMap((name) => reader.instances(name))
      const found = all.filter((instance) => hasTags(instance, tags))
      lookups.count('prometheus', found.length > 0 ? 'PROVIDER' : all.length > 0 ? 'NO_MATCH' : 'UNKNOWN_SERVICE')
      return sendJson(reply, reader, found.map(describeTarget))
    },
  )

  if (metrics === undefined) return
  const about = {
    chapter: 'prometheus',
    summary: 'what this daemon tells of itself, for Prometheus to scrape',
    answer: { description: 'the text format of Prometheus', contentType: 'text/plain' },
  } as const
  app.get('/metrics', { config: { about } }, async (_request, reply) => {
    const text = await metrics.write({ watch: watchDoor.counts.watchers, wait: waits.size })
    return reply.headers({ ...createHeaders(reader), 'content-type': metrics.contentType }).send(text)
  })
}

function hasTags({ tags: held }: Instance, wanted: readonly string[]): boolean {
  return wanted.every((tag) => (tag.startsWith('!') ? !held.includes(tag.slice(1)) : held.includes(tag)))
}

function describeTarget(instance: Instance) {
  const { service, id, address, protocol, zone, version, status, state, tags, meta } = instance
  const labels: Record<string, string> = {
    __meta_rollcall_service: service,
    __meta_rollcall_id: id,
    __meta_rollcall_address: address,
    __meta_rollcall_protocol: protocol,
    __meta_rollcall_zone: zone,
    __meta_rollcall_version: version,
    __meta_rollcall_status: status,
    __meta_rollcall_state: state,
    // Commas on both sides, so that a pattern for one tag is the same wherever it stands.
    __meta_rollcall_tags: tags.length === 0 ? '' : `,${tags.join(',')},`,
  }
  for (const [key, value] of Object.entries(meta)) labels[`__meta_rollcall_meta_${key.replace(/\W/g, '_')}`] = value
  return { targets: [formatHostPort(instance)], labels }
}
