import t from 'tap'
import { z } from 'zod'
import { daemonVariables } from '../../discovery/daemon-environment.ts'
import { serviceVariables } from '../../messaging/roll/service-environment.ts'
import { findMissingKubectl, findMistakes, render } from './manifests.ts'
import type { Manifest } from './manifests.ts'

const selector = z.object({ matchLabels: z.record(z.string(), z.string()) })

const deploymentSchema = z.looseObject({
  metadata: z.object({ name: z.string() }).loose(),
  spec: z.looseObject({
    replicas: z.number(),
    selector,
    template: z.looseObject({
      metadata: z.looseObject({ labels: z.record(z.string(), z.string()) }),
      spec: z.looseObject({
        containers: z.array(
          z.looseObject({
            name: z.string(),
            env: z.array(z.looseObject({ name: z.string(), value: z.string().optional() })),
            ports: z.array(z.object({ name: z.string(), containerPort: z.number() })).default([]),
          }),
        ),
      }),
    }),
  }),
})

const serviceSchema = z.looseObject({
  spec: z.looseObject({
    clusterIP: z.string().optional(),
    publishNotReadyAddresses: z.boolean().default(false),
    selector: z.record(z.string(), z.string()),
    ports: z.array(z.looseObject({ port: z.number(), targetPort: z.string() })),
  }),
})

const missing = await findMissingKubectl()
if (missing === undefined) await testManifests(await render('k8s/base'))
else t.plan(0, missing)

async function testManifests(manifests: readonly Manifest[]): Promise<void> {
  const ofKind = (kind: string): Manifest[] => manifests.filter((manifest) => manifest.kind === kind)
  const find = (kind: string, name: string): Manifest => {
    const found = ofKind(kind).find((manifest) => manifest.metadata.name === name)
    if (found === undefined) throw new Error(`there is no ${kind} ${name}`)
    return found
  }
  const deployments = ofKind('Deployment').map((manifest) => deploymentSchema.parse(manifest))

  await t.test('every object is of the schema of Kubernetes', async (t) => {
    t.ok(manifests.length > 8)
    t.strictSame(await findMistakes(manifests), [])
  })

  await t.test('a field that there is not, a wrong type, a missing one and an unknown kind are found', async (t) => {
    const deployment = deploymentSchema.parse(find('Deployment', 'answer'))
    const planted = [
      { ...deployment, spec: { ...deployment.spec, replica: 3 } },
      { ...deployment, spec: { ...deployment.spec, replicas: '3' } },
      { ...deployment, spec: { ...deployment.spec, selector: undefined } },
      { ...deployment, kind: 'Deploiment' },
    ]
    const mistakes = await findMistakes(planted)
    t.equal(mistakes.length, planted.length)
    t.match(mistakes, [/"replica"/, /not assignable to type 'number'/, /'selector' is missing/, /Deploiment/])
  })

  await t.test(
    'the fleet is that of compose.yaml: two daemons, three answer, two web, one classic, one client',
    async (t) => {
      const replicas = deployments.map(({ metadata, spec }) => [metadata.name, spec.replicas])
      t.strictSame(Object.fromEntries(replicas), { answer: 3, classic: 1, client: 1, discovery: 2, web: 2 })
    },
  )

  await t.test('services find a daemon before it is ready, and lookups only after', async (t) => {
    const sp = serviceSchema.parse(find('Service', 'discovery')).spec
    t.match(sp, { clusterIP: 'None', publishNotReadyAddresses: true, ports: [{ port: 5555 }] })
    const http = serviceSchema.parse(find('Service', 'discovery-http')).spec
    t.match(http, { clusterIP: 'None', publishNotReadyAddresses: false, ports: [{ port: 8500 }] })
    const dns = serviceSchema.parse(find('Service', 'discovery-dns')).spec
    t.match(dns, { clusterIP: undefined, ports: [{ port: 8600, protocol: 'UDP' }, { port: 8600 }] })
  })

  await t.test('selectors select, and ports that are named are there', async (t) => {
    const podLabels = new Map(deployments.map(({ metadata, spec }) => [metadata.name, spec.template.metadata.labels]))
    for (const { metadata, spec } of deployments) {
      t.match(podLabels.get(metadata.name), spec.selector.matchLabels, metadata.name)
    }
    const daemonPorts = deployments.find(({ metadata }) => metadata.name === 'discovery')?.spec.template.spec
      .containers[0]?.ports
    for (const { spec } of ofKind('Service').map((manifest) => serviceSchema.parse(manifest))) {
      t.match(podLabels.get('discovery'), spec.selector)
      for (const { targetPort } of spec.ports)
        t.ok(
          daemonPorts?.some(({ name }) => name === targetPort),
          targetPort,
        )
    }
    const budget = z.looseObject({ spec: z.looseObject({ selector }) })
    for (const manifest of ofKind('PodDisruptionBudget')) {
      const { matchLabels } = budget.parse(manifest).spec.selector
      t.match(podLabels.get(manifest.metadata.name), matchLabels, manifest.metadata.name)
    }
    t.ok(ofKind('PodDisruptionBudget').some(({ metadata }) => metadata.name === 'discovery'))
    t.ok(ofKind('NetworkPolicy').length > 0)
  })

  await t.test('every pod is locked down, and gets no variables of the services of its namespace', async (t) => {
    for (const { metadata, spec } of deployments) {
      t.match(spec.template.spec, { enableServiceLinks: false, automountServiceAccountToken: false }, metadata.name)
      t.match(
        spec.template.spec,
        { securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } } },
        metadata.name,
      )
      for (const container of spec.template.spec.containers) {
        t.match(
          container['securityContext'],
          { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
          container.name,
        )
      }
    }
  })

  await t.test('what listens is probed, a daemon is ready when it knows', async (t) => {
    for (const container of deployments.flatMap(({ spec }) => spec.template.spec.containers)) {
      if (container.ports.length === 0) continue
      t.ok(container['readinessProbe'], container.name)
      t.ok(container['livenessProbe'], container.name)
    }
    const daemon = deployments.find(({ metadata }) => metadata.name === 'discovery')
    t.match(daemon?.spec.template.spec.containers[0]?.['readinessProbe'], { httpGet: { path: '/ready', port: 'http' } })
  })

  await t.test('every variable is one that its program knows', async (t) => {
    for (const { metadata, spec } of deployments) {
      const known = metadata.name === 'discovery' ? daemonVariables : { ...serviceVariables, ROLLCALL_URL: {} }
      for (const { name } of spec.template.spec.containers.flatMap(({ env }) => env)) {
        t.ok(name in known, `${name} of ${metadata.name}`)
      }
    }
  })

  await t.test('an instance is called by its pod, and says where it is', async (t) => {
    for (const name of ['answer', 'web', 'classic']) {
      const env = deployments.find(({ metadata }) => metadata.name === name)?.spec.template.spec.containers[0]?.env
      const fields = env?.flatMap(({ name: variable, ...rest }) =>
        'valueFrom' in rest ? [[variable, rest['valueFrom']]] : [],
      )
      t.match(Object.fromEntries(fields ?? []), {
        SERVICE_ID: { fieldRef: { fieldPath: 'metadata.name' } },
        SERVICE_HOST: { fieldRef: { fieldPath: 'status.podIP' } },
        SERVICE_ZONE: { fieldRef: { fieldPath: "metadata.labels['topology.kubernetes.io/zone']" } },
      })
    }
  })
}
