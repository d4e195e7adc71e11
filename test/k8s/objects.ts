// As much of the objects as the tests look at.

import { z } from 'zod'
import type { Manifest } from './kustomize.ts'
import { manifestSchema } from './kustomize.ts'

const labelsSchema = z.record(z.string(), z.string())

export const selectorSchema = z.object({
  matchLabels: labelsSchema.default({}),
  matchExpressions: z
    .array(z.object({ key: z.string(), operator: z.literal('NotIn'), values: z.array(z.string()) }))
    .default([]),
})

const probeSchema = z.looseObject({
  httpGet: z.looseObject({ port: z.string(), path: z.string() }).optional(),
  tcpSocket: z.looseObject({ port: z.string() }).optional(),
})

const containerSchema = z.looseObject({
  name: z.string(),
  image: z.string(),
  command: z.array(z.string()).default([]),
  restartPolicy: z.string().optional(),
  env: z
    .array(z.looseObject({ name: z.string(), value: z.string().optional(), valueFrom: z.unknown().optional() }))
    .default([]),
  ports: z
    .array(z.object({ name: z.string(), containerPort: z.number(), protocol: z.string().default('TCP') }))
    .default([]),
  readinessProbe: probeSchema.optional(),
  livenessProbe: probeSchema.optional(),
  securityContext: z.unknown().optional(),
  lifecycle: z.unknown().optional(),
  volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() })).default([]),
})

export type Container = z.infer<typeof containerSchema>

const podSchema = z.looseObject({
  enableServiceLinks: z.boolean().optional(),
  automountServiceAccountToken: z.boolean().optional(),
  serviceAccountName: z.string().optional(),
  priorityClassName: z.string().optional(),
  securityContext: z.unknown().optional(),
  containers: z.array(containerSchema).min(1),
  initContainers: z.array(containerSchema).default([]),
  hostAliases: z.array(z.object({ ip: z.string(), hostnames: z.array(z.string()) })).default([]),
  topologySpreadConstraints: z
    .array(z.looseObject({ topologyKey: z.string(), labelSelector: selectorSchema }))
    .default([]),
  volumes: z.array(z.looseObject({ name: z.string() })).default([]),
})

export type Pod = z.infer<typeof podSchema>

const workloadSchema = manifestSchema.extend({
  kind: z.enum(['Deployment', 'StatefulSet']),
  spec: z.looseObject({
    replicas: z.number(),
    serviceName: z.string().optional(),
    selector: selectorSchema,
    template: z.looseObject({ metadata: z.looseObject({ labels: labelsSchema }), spec: podSchema }),
  }),
})

export type Workload = z.infer<typeof workloadSchema>

const serviceSchema = manifestSchema.extend({
  spec: z.looseObject({
    clusterIP: z.string().optional(),
    publishNotReadyAddresses: z.boolean().default(false),
    selector: labelsSchema,
    ports: z.array(
      z.looseObject({
        name: z.string(),
        port: z.number(),
        targetPort: z.string(),
        protocol: z.string().default('TCP'),
      }),
    ),
  }),
})

export type Service = z.infer<typeof serviceSchema>

const peerSchema = z.looseObject({ podSelector: selectorSchema.optional() })
const policyPortSchema = z.object({ port: z.union([z.string(), z.number()]), protocol: z.string().default('TCP') })

const policySchema = manifestSchema.extend({
  spec: z.looseObject({
    podSelector: selectorSchema,
    policyTypes: z.array(z.string()),
    ingress: z
      .array(z.object({ from: z.array(peerSchema).min(1), ports: z.array(policyPortSchema).default([]) }))
      .default([]),
    egress: z
      .array(z.object({ to: z.array(peerSchema).min(1), ports: z.array(policyPortSchema).default([]) }))
      .default([]),
  }),
})

const monitorSchema = manifestSchema.extend({
  spec: z.object({
    selector: z.object({ matchLabels: labelsSchema }),
    endpoints: z.array(z.looseObject({ port: z.string() })),
  }),
})

const budgetSchema = manifestSchema.extend({ spec: z.looseObject({ selector: selectorSchema }) })

function readKind<T>(manifests: readonly Manifest[], kinds: readonly string[], schema: z.ZodType<T>): T[] {
  return manifests.filter(({ kind }) => kinds.includes(kind)).map((manifest) => schema.parse(manifest))
}

export const readWorkloads = (manifests: readonly Manifest[]): Workload[] =>
  readKind(manifests, ['Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob', 'Pod'], workloadSchema)

export const readServices = (manifests: readonly Manifest[]): Service[] =>
  readKind(manifests, ['Service'], serviceSchema)

export const readPolicies = (manifests: readonly Manifest[]): z.infer<typeof policySchema>[] =>
  readKind(manifests, ['NetworkPolicy'], policySchema)

export const readMonitors = (manifests: readonly Manifest[]): z.infer<typeof monitorSchema>[] =>
  readKind(manifests, ['ServiceMonitor'], monitorSchema)

export const readBudgets = (manifests: readonly Manifest[]): z.infer<typeof budgetSchema>[] =>
  readKind(manifests, ['PodDisruptionBudget'], budgetSchema)

/** Sidecars among them. */
export function containersOf({ spec }: Workload): Container[] {
  return [...spec.template.spec.initContainers, ...spec.template.spec.containers]
}

/** Fails where there is none, or several. */
export function findOnly<T extends { readonly metadata: { readonly name: string } }>(
  all: readonly T[],
  name: string,
): T {
  const [found, ...others] = all.filter(({ metadata }) => metadata.name === name)
  if (found === undefined || others.length > 0) throw new Error(`there are ${others.length} others called ${name}`)
  return found
}

export function isSelected(
  labels: Readonly<Record<string, string>>,
  selector: z.infer<typeof selectorSchema>,
): boolean {
  const { matchLabels, matchExpressions } = selector
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, values }) => !values.includes(labels[key] ?? ''))
  )
}
