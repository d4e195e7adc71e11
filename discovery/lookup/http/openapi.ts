// The description of the HTTP door by OpenAPI 3.1, made from what the routes say they are about. Promises every route that says so,
// each parameter as the schema that checks it has it, and nothing that is not there.

import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { problemAnswer } from './answer-schemas.ts'
import { statusOf } from './respond.ts'
import type { AnswerAbout, RouteAbout } from './route.ts'
import type { JsonSchema } from './schema-fields.ts'

const nameParameter = z.object({
  service: z.string().max(63).meta({ description: 'a service name: a-z, 0-9, - and _, in either case' }),
})

/** Anything may refuse with these: they are told of once, in words. */
const preface = `Every refusal is \`{"code", "message"}\`. Every response says which round it rests on (\`Rollcall-Round\`), whether
removals are frozen (\`Rollcall-Frozen\`) and the life of the daemon that numbers both (\`Rollcall-Epoch\`). Only GET and HEAD are
accepted: another method is 405. Nothing here changes the roll.`

/** A route as it was added, in the order of adding. */
export interface AddedRoute {
  readonly path: string
  readonly about: RouteAbout
}

/** To be awaited before the first route is added. */
export async function addOpenApi(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Rollcall', version, description: preface.replaceAll('\n', ' '), license: { name: 'MIT' } },
    },
    transform: ({ route, url }) => ({ url, schema: describeRoute(url, route.config?.about) }),
  })
}

function describeRoute(path: string, about: RouteAbout | undefined) {
  if (about === undefined) return { hide: true }
  const { chapter, summary, description, query, answer, problems = [] } = about
  const response: Record<number, object> = { 200: describeAnswer(answer) }
  for (const status of new Set(problems.map((code) => statusOf[code]))) {
    const codes = problems.filter((code) => statusOf[code] === status)
    response[status] = describeAnswer({ description: codes.join(', '), schema: problemAnswer })
  }
  return {
    tags: [chapter],
    summary,
    ...(description !== undefined && { description }),
    ...(query && { querystring: toJsonSchema(query) }),
    ...(path.includes(':service') && { params: toJsonSchema(nameParameter) }),
    response,
  }
}

function describeAnswer({ description, schema, contentType = 'application/json' }: AnswerAbout): object {
  return { description, content: { [contentType]: { schema: schema ? toJsonSchema(schema) : {} } } }
}

export function toJsonSchema(schema: z.ZodType): JsonSchema {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io: 'input' })
  return rest
}
