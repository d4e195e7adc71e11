// What the base, each overlay and each component is for.

import t from 'tap'
import type { Kustomization, Manifest } from './kustomize.ts'
import { findMissingKubectl, renderKustomization } from './kustomize.ts'
import {
  containersOf,
  findOnly,
  isSelected,
  readBudgets,
  readMonitors,
  readServices,
  readWorkloads,
} from './objects.ts'

const missing = await findMissingKubectl()
if (missing === undefined) testOverlays()
else t.plan(0, missing)

function rendered(resource: string, components: readonly string[] = []): Promise<Manifest[]> {
  const kustomization: Kustomization = {
    namespace: 'rollcall',
    resources: [resource],
    components: components.map((name) => `components/${name}`),
  }
  return renderKustomization(kustomization)
}

function replicasOf(manifests: readonly Manifest[]): Record<string, number> {
  return Object.fromEntries(readWorkloads(manifests).map(({ metadata, spec }) => [metadata.name, spec.replicas]))
}

function testOverlays(): void {
  t.test('the base is the fleet of compose.yaml and an unchanged nginx: daemons with names of their own', async (t) => {
    const base = await rendered('base')
    t.strictSame(replicasOf(base), { answer: 3, classic: 1, client: 1, discovery: 2, site: 2, web: 2 })
    t.equal(findOnly(readWorkloads(base), 'discovery').kind, 'StatefulSet')
    t.strictSame(
      readBudgets(base)
        .map(({ metadata }) => metadata.name)
        .toSorted(),
      ['answer', 'discovery', 'site', 'web'],
    )
    for (const { metadata, spec } of readWorkloads(base).filter((one) => one.spec.replicas > 1))
      t.strictSame(
        spec.template.spec.topologySpreadConstraints.map(({ topologyKey }) => topologyKey),
        ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'],
        metadata.name,
      )
  })

  t.test(
    'the agent is a native sidecar of a program that is told nothing, and leaves the roll before the program ends',
    async (t) => {
      const { initContainers, containers } = findOnly(readWorkloads(await rendered('base')), 'site').spec.template.spec
      t.match(initContainers, [{ name: 'agent', restartPolicy: 'Always', command: ['rollcall', 'agent'] }])
      t.match(initContainers[0]?.lifecycle, { preStop: { exec: { command: ['sh', '-c', 'kill -TERM 1'] } } })
      t.strictSame([containers.length, containers[0]?.env, containers[0]?.command], [1, [], []])
      t.match(containers[0]?.lifecycle, { preStop: { exec: { command: ['sleep', '5'] } } })
    },
  )

  t.test('dev has one of each, and nothing that keeps a node from being drained', async (t) => {
    const dev = await rendered('overlays/dev')
    t.strictSame([...new Set(Object.values(replicasOf(dev)))], [1])
    t.strictSame(readBudgets(dev), [])
    t.match(findOnly(readWorkloads(dev), 'discovery').spec.template.spec.containers[0]?.env, [
      {},
      { name: 'LOG_LEVEL' },
      {},
    ])
  })

  t.test('production has three daemons on three nodes, which come first and of which one may be away', async (t) => {
    const production = await rendered('overlays/production')
    t.match(replicasOf(production), { discovery: 3, answer: 6, web: 4, site: 3 })
    const { spec } = findOnly(readWorkloads(production), 'discovery').spec.template
    t.match(spec['affinity'], {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          {
            topologyKey: 'kubernetes.io/hostname',
            labelSelector: { matchLabels: { 'app.kubernetes.io/name': 'discovery' } },
          },
        ],
      },
    })
    const { priorityClassName = '' } = spec
    t.equal(
      findOnly(
        production.filter(({ kind }) => kind === 'PriorityClass'),
        priorityClassName,
      )['value'],
      1_000_000,
    )
    t.strictSame(
      readBudgets(production).map((budget) => [budget.spec['minAvailable'], budget.spec['maxUnavailable']]),
      readBudgets(production).map(() => [undefined, 1]),
    )
    for (const container of readWorkloads(production).flatMap(containersOf))
      t.notMatch(container.image, /:latest$|^[^:]+$/, 'a version is said')
  })

  t.test(
    'keys are in Secrets of each program, which are made elsewhere; classic has none, and knows its gate alone',
    async (t) => {
      for (const manifests of [await rendered('overlays/keys'), await rendered('base', ['keys'])]) {
        for (const { metadata, spec } of readWorkloads(manifests)) {
          const pod = spec.template.spec
          const holders = [...pod.initContainers, ...pod.containers].filter(({ env }) =>
            env.some(({ name, value }) => name === 'ROLLCALL_KEYRING' && value === '/keys/keyring'),
          )
          if (metadata.name === 'classic') {
            t.strictSame([holders, pod.volumes], [[], []])
            continue
          }
          t.equal(holders.length, 1, metadata.name)
          t.match(
            holders[0]?.volumeMounts.find(({ name }) => name === 'keys'),
            { mountPath: '/keys', readOnly: true },
          )
          t.match(
            pod.volumes.find(({ name }) => name === 'keys'),
            { secret: { secretName: `keys-${metadata.name}`, defaultMode: 0o440 } },
          )
          const { runAsGroup, fsGroup } = Object(pod.securityContext)
          t.equal(fsGroup, runAsGroup, 'its group may read it')
        }
        const env = findOnly(readWorkloads(manifests), 'classic').spec.template.spec.containers[0]?.env
        t.match(Object.fromEntries((env ?? []).map(({ name, value }) => [name, value])), {
          DISCOVERY_HOST: 'gate',
          SERVICE_HOST: 'gate',
        })
        t.match(
          findOnly(readServices(manifests), 'gate').spec.ports.map(({ port }) => port),
          [5555, 9000],
        )
      }
    },
  )

  t.test('compat-1.20 has no native sidecars, and an address for each name that the fleet uses', async (t) => {
    for (const [manifests, daemons] of [
      [await rendered('base', ['compat-1.20']), 2],
      [await rendered('overlays/keys', ['compat-1.20']), 3],
    ] as const) {
      const fleet = readWorkloads(manifests)
      t.strictSame(
        fleet.flatMap(({ spec }) => spec.template.spec.initContainers),
        [],
      )
      t.strictSame(
        findOnly(fleet, 'site').spec.template.spec.containers.map(({ name, restartPolicy }) => [name, restartPolicy]),
        [
          ['nginx', undefined],
          ['agent', undefined],
        ],
      )
      const services = readServices(manifests)
      const addresses = services.flatMap(({ spec }) => (spec.clusterIP?.startsWith('10.96.') ? [spec.clusterIP] : []))
      t.equal(new Set(addresses).size, addresses.length)
      t.equal(addresses.length, services.length - 1, 'all but the headless one of the set')
      const named = services.map(({ metadata }) => metadata.name)
      for (const { metadata, spec } of fleet) {
        const { hostAliases } = spec.template.spec
        const discovery = hostAliases.filter(({ hostnames }) => hostnames.includes('discovery')).map(({ ip }) => ip)
        const ofDaemons = ['discovery-0', 'discovery-1', 'discovery-2'].map(
          (name) => findOnly(services, name).spec.clusterIP,
        )
        t.strictSame(discovery, ofDaemons, metadata.name)
        t.ok(findOnly(fleet, 'discovery').spec.replicas >= daemons && daemons <= ofDaemons.length)
        for (const { ip, hostnames } of hostAliases)
          for (const name of hostnames.filter((one) => one !== 'discovery' && named.includes(one)))
            t.equal(findOnly(services, name).spec.clusterIP, ip, name)
      }
    }
  })

  t.test('the ServiceMonitor finds the one service that has the port of its name', async (t) => {
    const manifests = await rendered('base', ['service-monitor'])
    const { selector, endpoints } = findOnly(readMonitors(manifests), 'discovery').spec
    const found = readServices(manifests).filter(
      ({ metadata, spec }) =>
        isSelected(metadata.labels, { ...selector, matchExpressions: [] }) &&
        spec.ports.some(({ name }) => endpoints.some(({ port }) => port === name)),
    )
    t.strictSame(
      found.map(({ metadata }) => metadata.name),
      ['discovery-http'],
    )
  })
}
