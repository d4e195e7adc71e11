// The rules of Kubernetes' Pod Security Standard "restricted", which the label of the namespace has the cluster enforce, as far as they say
// something of what these pods have.

import { z } from 'zod'
import type { Pod } from './objects.ts'

const volumeKinds = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
]

const podRules = z.looseObject({
  hostNetwork: z.undefined().optional(),
  hostPID: z.undefined().optional(),
  hostIPC: z.undefined().optional(),
  securityContext: z.looseObject({
    runAsNonRoot: z.literal(true),
    runAsUser: z.number().min(1),
    sysctls: z.undefined().optional(),
    seccompProfile: z.strictObject({ type: z.literal('RuntimeDefault') }),
  }),
  volumes: z.array(
    z.looseObject({ name: z.string() }).refine((volume) => {
      const kinds = Object.keys(volume).filter((key) => key !== 'name')
      return kinds.length === 1 && kinds.every((kind) => volumeKinds.includes(kind))
    }),
  ),
})

/** Strict: what is not said here is not asked for. */
const containerRules = z.looseObject({
  ports: z.array(z.looseObject({ hostPort: z.undefined().optional() })),
  securityContext: z.strictObject({
    allowPrivilegeEscalation: z.literal(false),
    // Not of the standard, and as good a habit.
    readOnlyRootFilesystem: z.literal(true),
    capabilities: z.strictObject({ drop: z.tuple([z.literal('ALL')]) }),
  }),
})

/** What of a pod would be refused, each with its path; nothing where it is admitted. */
export function findUnrestricted(pod: Pod): string[] {
  const read = [
    { of: 'pod', result: podRules.safeParse(pod) },
    ...[...pod.initContainers, ...pod.containers].map((one) => ({
      of: one.name,
      result: containerRules.safeParse(one),
    })),
  ]
  return read.flatMap(({ of, result }) =>
    (result.error?.issues ?? []).map(({ path, message }) => `${of}: ${path.join('.')}: ${message}`),
  )
}
