// A JSON Schema as people read it: one line a field, with its type in a word or two.

import type { z } from 'zod'

export interface SchemaField {
  /** `instances[].id`, `meta.*` */
  readonly path: string
  readonly type: string
  readonly isOptional: boolean
  readonly description: string
}

export type JsonSchema = z.core.JSONSchema.BaseSchema

export function listFields(schema: JsonSchema, prefix = ''): SchemaField[] {
  const { properties = {}, required = [], additionalProperties, items } = schema
  if (isSchema(items)) return listFields(items, `${prefix}[]`)
  const named = Object.entries(properties).flatMap(([name, field]) => {
    if (!isSchema(field)) return []
    const path = prefix === '' ? name : `${prefix}.${name}`
    const { description = '' } = field
    return [
      { path, type: nameType(field), isOptional: !required.includes(name), description },
      ...listFields(field, path),
    ]
  })
  if (!isSchema(additionalProperties)) return named
  return [...named, ...listFields(additionalProperties, `${prefix}.*`)]
}

function isSchema(schema: unknown): schema is JsonSchema {
  return typeof schema === 'object' && schema !== null && !Array.isArray(schema)
}

function nameType(schema: unknown): string {
  if (!isSchema(schema)) return 'any'
  if (schema.enum) return schema.enum.map(String).join(' | ')
  if (schema.const !== undefined) return String(schema.const)
  if (schema.anyOf) return schema.anyOf.map(nameType).join(' | ')
  if (isSchema(schema.items)) return `list of ${nameType(schema.items)}`
  if (isSchema(schema.additionalProperties)) return `${nameType(schema.additionalProperties)} by name`
  return schema.format ?? String(schema.type ?? 'any')
}
