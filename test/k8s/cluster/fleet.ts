// k8s/base on a cluster, in a namespace of its own and with images of this machine, and pods to look at it from.

import { readFileSync } from 'node:fs'
import { stringify } from 'yaml'
import { z } from 'zod'
import type { Workload } from '../objects.ts'
import type { Cluster } from './cluster.ts'
import type { Kubectl, RunningExec } from './kubectl.ts'
import { renderKustomization } from '../kustomize.ts'
import { readWorkloads } from '../objects.ts'
import { localImages } from './images.ts'
import { createKubectl } from './kubectl.ts'
import { askerPath, createProbes } from './probe-pods.ts'
import { createSecrets } from './secrets.ts'

const namespace = 'rollcall-test'

export interface RunningPod {
  readonly name: string
  readonly ip: string
}

export interface Fleet {
  readonly kubectl: Kubectl
  /** Address of the service that answers DNS. */
  readonly nameServer: string
  /** How many pods of each program there are to be. */
  readonly sizes: Readonly<Record<string, number>>
  /** Those of a program that run and are not on their way out. */
  pods(name: string): Promise<readonly RunningPod[]>
  /** What `rollcall ARGS` prints in a pod. */
  rollcall(...args: readonly string[]): Promise<string>
  /** Looks a name up in a pod, by every door and all the time, until it is ended. */
  keepAsking(service: string, httpAttempts: number): Promise<RunningExec>
  close(): Promise<void>
}

export interface FleetOptions {
  /** With components/keys, and Secrets made for it. */
  readonly hasKeys: boolean
}

export async function openFleet({ flags, needsCompat }: Cluster, { hasKeys }: FleetOptions): Promise<Fleet> {
  const kubectl = createKubectl({ flags, namespace })
  const components = [...(hasKeys ? ['components/keys'] : []), ...(needsCompat ? ['components/compat-1.20'] : [])]
  const manifests = await renderKustomization({ namespace, resources: ['base'], components, images: localImages })
  const workloads = readWorkloads(manifests)
  const close = async (): Promise<void> =>
    void (await kubectl.run(['delete', 'namespace', namespace, '--ignore-not-found', '--timeout=120s']))
  try {
    if (hasKeys) {
      await apply(
        kubectl,
        manifests.filter(({ kind }) => kind === 'Namespace'),
      )
      await apply(kubectl, createSecrets())
    }
    await apply(kubectl, manifests)
    for (const { kind, metadata } of workloads)
      await kubectl.run(['rollout', 'status', `${kind}/${metadata.name}`, '--timeout=240s'])
    const nameServer = await kubectl.run(['get', 'service', 'discovery-dns', '--output', 'jsonpath={.spec.clusterIP}'])
    const hostAliases = workloads[0]?.spec.template.spec.hostAliases ?? []
    const asker = readFileSync(new URL('asker.js', import.meta.url), 'utf8')
    await apply(kubectl, createProbes({ hostAliases, nameServer, asker, hasKeys }))
    await kubectl.run(['wait', 'pod/probe', 'pod/names', '--for=condition=Ready', '--timeout=120s'])
    return createFleet({ kubectl, nameServer, workloads, close })
  } catch (error) {
    await close()
    throw error
  }
}

async function apply(kubectl: Kubectl, manifests: readonly object[]): Promise<void> {
  await kubectl.run(['apply', '--filename', '-'], manifests.map((one) => stringify(one)).join('---\n'))
}

interface Opened extends Pick<Fleet, 'kubectl' | 'nameServer' | 'close'> {
  readonly workloads: readonly Workload[]
}

const podsSchema = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string(), deletionTimestamp: z.string().optional() }),
      status: z.object({ phase: z.string(), podIP: z.string().optional() }),
    }),
  ),
})

function createFleet({ workloads, ...opened }: Opened): Fleet {
  const { kubectl, nameServer } = opened
  const fleet: Fleet = {
    ...opened,
    sizes: Object.fromEntries(workloads.map(({ metadata, spec }) => [metadata.name, spec.replicas])),
    async pods(name) {
      const { items } = podsSchema.parse(
        await kubectl.readJson(['get', 'pods', '--selector', `app.kubernetes.io/name=${name}`]),
      )
      return items.flatMap(({ metadata, status }) =>
        metadata.deletionTimestamp === undefined && status.phase === 'Running' && status.podIP !== undefined
          ? [{ name: metadata.name, ip: status.podIP }]
          : [],
      )
    },
    rollcall: (...args) => kubectl.exec('probe', ['rollcall', ...args]),
    async keepAsking(service, httpAttempts) {
      const pods = await fleet.pods(service)
      const list = (of: keyof RunningPod): string => pods.map((pod) => pod[of]).join(',')
      const args = [service, list('name'), list('ip'), nameServer, String(httpAttempts)]
      return kubectl.startExec('probe', ['node', askerPath, ...args])
    },
  }
  return fleet
}
