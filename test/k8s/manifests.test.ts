// What holds for everything that k8s/ can be rendered to.

import t from 'tap'
import { daemonVariables } from '../../discovery/daemon-environment.ts'
import { checkVariables } from '../../messaging/roll/check-environment.ts'
import { serviceVariables } from '../../messaging/roll/service-environment.ts'
import type { Container, Workload } from './objects.ts'
import type { Rendering } from './renderings.ts'
import { findMissingKubectl } from './kustomize.ts'
import {
  containersOf,
  findOnly,
  isSelected,
  readBudgets,
  readPolicies,
  readServices,
  readWorkloads,
} from './objects.ts'
import { renderAll } from './renderings.ts'
import { findUnrestricted } from './restricted.ts'
import { findMistakes } from './schema-check.ts'

const missing = await findMissingKubectl()
if (missing === undefined) await testManifests(await renderAll())
else t.plan(0, missing)

async function testManifests(renderings: readonly Rendering[]): Promise<void> {
  const workloads = renderings.flatMap(({ name, manifests }) =>
    readWorkloads(manifests).map((workload) => ({
      workload,
      pod: workload.spec.template.spec,
      of: `${workload.metadata.name} of ${name}`,
    })),
  )

  await t.test('there is something to look at', async (t) => {
    t.equal(new Set(renderings.map(({ name }) => name)).size, 12)
    t.ok(workloads.length >= 12 * 6)
  })

  await t.test('every object is of the schema of its version of Kubernetes', async (t) => {
    t.strictSame(await findMistakes(renderings), [])
  })

  await t.test(
    'a field that there is not, a wrong type, a missing one, an unknown kind and a later version are found',
    async (t) => {
      const manifests = renderings[0]?.manifests ?? []
      const of = (kind: string) =>
        manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name !== 'site')
      const deployment = of('Deployment')
      const planted = [
        { ...deployment, spec: { ...Object(deployment?.['spec']), replica: 3 } },
        { ...deployment, spec: { ...Object(deployment?.['spec']), replicas: '3' } },
        { ...deployment, spec: { ...Object(deployment?.['spec']), selector: undefined } },
        { ...deployment, kind: 'Deploiment' },
      ]
      const monitor = renderings.flatMap((one) => one.manifests).find(({ kind }) => kind === 'ServiceMonitor')
      const misspelt = { ...monitor, spec: { ...Object(monitor?.['spec']), endpoint: [] } }
      const mistakes = await findMistakes([
        { name: 'planted', manifests: [...planted, misspelt], schema: 'kubernetes-types' },
        {
          name: 'later',
          manifests: [
            manifests.find(({ metadata }) => metadata.name === 'site' && metadata.labels['rollcall/sidecar']),
          ],
          schema: 'kubernetes-types-1.21',
        },
      ])
      t.equal(mistakes.length, planted.length + 2)
      t.match(mistakes.toSorted(), [
        /^later.*"restartPolicy"/,
        /"replica"/,
        /not assignable to type 'number'/,
        /'selector' is missing/,
        /Deploiment/,
        /"endpoint"/,
      ])
    },
  )

  await t.test(
    'every pod is one that the namespace takes, and gets no variables of the services of its namespace',
    async (t) => {
      for (const { manifests, name } of renderings)
        t.match(
          manifests.find(({ kind }) => kind === 'Namespace')?.metadata.labels,
          { 'pod-security.kubernetes.io/enforce': 'restricted' },
          name,
        )
      for (const { pod, of } of workloads) {
        t.equal(pod.enableServiceLinks, false, of)
        t.strictSame(findUnrestricted(pod), [], of)
      }
    },
  )

  await t.test('a pod that asks for more is found', async (t) => {
    const pod = workloads[0]?.pod
    const container = pod?.containers[0]
    if (pod === undefined || container === undefined) throw new Error('there is no pod')
    const asking = (more: Partial<Container>) => findUnrestricted({ ...pod, containers: [{ ...container, ...more }] })
    t.strictSame(findUnrestricted({ ...pod, hostNetwork: true }).length, 1)
    t.strictSame(findUnrestricted({ ...pod, volumes: [{ name: 'host', hostPath: { path: '/' } }] }).length, 1)
    t.strictSame(findUnrestricted({ ...pod, securityContext: {} }).length, 3)
    t.strictSame(asking({ securityContext: { ...Object(container.securityContext), privileged: true } }).length, 1)
    t.strictSame(
      asking({
        securityContext: { ...Object(container.securityContext), capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] } },
      }).length,
      1,
    )
  })

  await t.test('every program has an account of its own that may do nothing, and no token', async (t) => {
    for (const { name, manifests } of renderings) {
      const kinds = new Set(manifests.map(({ kind }) => kind))
      for (const kind of ['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding', 'Secret'])
        t.notOk(kinds.has(kind), `${kind} in ${name}`)
      const accounts = manifests.filter(({ kind }) => kind === 'ServiceAccount')
      for (const { metadata, spec } of readWorkloads(manifests)) {
        t.match(spec.template.spec, { serviceAccountName: metadata.name, automountServiceAccountToken: false }, name)
        t.equal(findOnly(accounts, metadata.name)['automountServiceAccountToken'], false)
      }
      t.equal(accounts.length, readWorkloads(manifests).length)
    }
  })

  await t.test('all is in one namespace, which is there', async (t) => {
    for (const { name, manifests } of renderings) {
      const [namespace] = manifests.filter(({ kind }) => kind === 'Namespace')
      const scattered = manifests.filter(
        ({ kind, metadata }) =>
          !['Namespace', 'PriorityClass'].includes(kind) && metadata.namespace !== namespace?.metadata.name,
      )
      t.strictSame(scattered, [], name)
    }
  })

  await t.test('services find a daemon before it is ready, and lookups only after', async (t) => {
    for (const { name, manifests } of renderings) {
      const services = readServices(manifests)
      t.match(
        findOnly(services, 'discovery').spec,
        { clusterIP: 'None', publishNotReadyAddresses: true, ports: [{ port: 5555, targetPort: 'sp' }] },
        name,
      )
      t.match(
        findOnly(services, 'discovery-http').spec,
        { publishNotReadyAddresses: false, ports: [{ port: 8500, targetPort: 'http' }] },
        name,
      )
      t.match(
        findOnly(services, 'discovery-dns').spec,
        {
          publishNotReadyAddresses: false,
          ports: [
            { port: 53, targetPort: 'dns', protocol: 'UDP' },
            { port: 53, targetPort: 'dns-tcp', protocol: 'TCP' },
          ],
        },
        name,
      )
      for (const { metadata, spec } of services.filter((one) => one.spec.publishNotReadyAddresses))
        t.strictSame(
          spec.ports.map((port) => port.name),
          ['sp'],
          `${metadata.name} of ${name} is for those who answer alone`,
        )
      t.equal(findOnly(readWorkloads(manifests), 'discovery').spec.serviceName, 'discovery')
    }
  })

  await t.test('selectors select, and ports that are named are there', async (t) => {
    for (const { name, manifests } of renderings) {
      const fleet = readWorkloads(manifests)
      for (const { metadata, spec } of fleet) {
        const { labels } = spec.template.metadata
        t.ok(isSelected(labels, spec.selector), `${metadata.name} of ${name}`)
        t.strictSame(selectedOf(fleet, spec.selector), [metadata.name], `${metadata.name} of ${name}, and no other`)
        for (const { labelSelector } of spec.template.spec.topologySpreadConstraints)
          t.strictSame(selectedOf(fleet, labelSelector), [metadata.name], `spread of ${metadata.name} of ${name}`)
      }
      for (const { metadata, spec } of readBudgets(manifests))
        t.strictSame(selectedOf(fleet, spec.selector), [metadata.name], `budget ${metadata.name} of ${name}`)
      for (const { metadata, spec } of readServices(manifests)) {
        const { 'statefulset.kubernetes.io/pod-name': podName, ...matchLabels } = spec.selector
        const selected = fleet.filter((one) =>
          isSelected(one.spec.template.metadata.labels, { matchLabels, matchExpressions: [] }),
        )
        t.equal(selected.length, 1, `${metadata.name} of ${name}`)
        if (podName !== undefined) t.match(podName, new RegExp(`^${selected[0]?.metadata.name}-\\d$`))
        for (const { targetPort, protocol } of spec.ports)
          t.ok(
            selected.every((one) => hasPort(one, targetPort, protocol)),
            `${targetPort} of ${metadata.name} of ${name}`,
          )
      }
      for (const container of fleet.flatMap(containersOf))
        for (const probe of [container.readinessProbe, container.livenessProbe].filter((one) => one !== undefined))
          t.ok(
            container.ports.some((port) => port.name === (probe.httpGet ?? probe.tcpSocket)?.port),
            `${container.name} of ${name}`,
          )
    }
  })

  await t.test(
    'every pod has a network policy for what comes in and what goes out, which means ports that are there',
    async (t) => {
      for (const { name, manifests } of renderings) {
        const fleet = readWorkloads(manifests)
        const policies = readPolicies(manifests)
        for (const { metadata, spec } of fleet) {
          const types = policies
            .filter((one) => isSelected(spec.template.metadata.labels, one.spec.podSelector))
            .flatMap((one) => one.spec.policyTypes)
          t.ok(types.includes('Ingress') && types.includes('Egress'), `${metadata.name} of ${name}`)
        }
        for (const { metadata, spec } of policies) {
          const selected = fleet.filter((one) => isSelected(one.spec.template.metadata.labels, spec.podSelector))
          t.ok(selected.length > 0, `${metadata.name} of ${name}`)
          for (const { port, protocol } of spec.ingress.flatMap(({ ports }) => ports))
            t.ok(
              selected.every((one) => hasPort(one, port, protocol)),
              `${port} of ${metadata.name} of ${name}`,
            )
          const peers = [...spec.ingress.flatMap(({ from }) => from), ...spec.egress.flatMap(({ to }) => to)]
          const ours = peers.flatMap(({ podSelector }) =>
            podSelector?.matchLabels['app.kubernetes.io/part-of'] === 'rollcall' ? [podSelector] : [],
          )
          for (const peer of ours) t.not(selectedOf(fleet, peer).length, 0, `${metadata.name} of ${name}`)
        }
        t.strictSame(findOnly(policies, 'rollcall-daemons').spec.egress, [], 'a daemon calls nobody')
      }
    },
  )

  await t.test('what listens is probed, a daemon is ready when it knows', async (t) => {
    for (const { workload, of } of workloads) {
      for (const container of containersOf(workload).filter(({ ports }) => ports.length > 0)) {
        t.ok(container.readinessProbe, of)
        t.ok(container.livenessProbe, of)
      }
      if (workload.metadata.name === 'discovery')
        t.match(workload.spec.template.spec.containers[0]?.readinessProbe, {
          httpGet: { path: '/ready', port: 'http' },
        })
    }
  })

  await t.test('every variable is one that its program knows', async (t) => {
    for (const { workload, of } of workloads)
      for (const container of containersOf(workload)) {
        const known = variablesOf(container)
        for (const { name } of container.env) t.ok(name in known, `${name} of ${container.name} of ${of}`)
      }
  })

  await t.test('an instance is called by its pod, and says where it is', async (t) => {
    const serving = workloads.filter(({ workload }) =>
      ['answer', 'web', 'classic', 'site'].includes(workload.metadata.name),
    )
    t.equal(serving.length, renderings.length * 4)
    for (const { workload, of } of serving) {
      const { env = [] } = containersOf(workload).find((one) => one.env.length > 0) ?? {}
      const hasGate = env.some(({ value }) => value === 'gate')
      t.match(
        Object.fromEntries(env.map(({ name, value, valueFrom }) => [name, value ?? valueFrom])),
        {
          SERVICE_ID: { fieldRef: { fieldPath: 'metadata.name' } },
          SERVICE_HOST: hasGate ? 'gate' : { fieldRef: { fieldPath: 'status.podIP' } },
          SERVICE_ZONE: { fieldRef: { fieldPath: "metadata.labels['topology.kubernetes.io/zone']" } },
        },
        of,
      )
    }
  })
}

function variablesOf({ name }: Container): object {
  if (name === 'discovery') return daemonVariables
  if (name === 'agent') return { ...serviceVariables, ...checkVariables }
  return { ...serviceVariables, ROLLCALL_URL: {} }
}

function selectedOf(fleet: readonly Workload[], selector: Parameters<typeof isSelected>[1]): string[] {
  return fleet
    .filter((one) => isSelected(one.spec.template.metadata.labels, selector))
    .map(({ metadata }) => metadata.name)
}

function hasPort(workload: Workload, name: string | number, protocol: string): boolean {
  return containersOf(workload).some(({ ports }) =>
    ports.some((port) => port.name === name && port.protocol === protocol),
  )
}
