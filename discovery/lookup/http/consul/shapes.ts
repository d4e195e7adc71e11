// The roll in the shapes of Consul's HTTP API (developer.hashicorp.com/consul/api-docs, catalog and health). Pure. A host is a node; what an
// instance says of itself is the service; its state and status are its one check.

import { createHash } from 'node:crypto'
import type { LoggedInstance } from '../../../registry/instance.ts'

export interface ShapeContext {
  readonly datacenter: string
  /** Of the list that the shape stands in: an instance has no index of its own. */
  readonly index: number
}

export type CheckStatus = 'passing' | 'warning' | 'critical'

/** A suspect is a warning: it is still handed out when there is nobody better. Who is critical or draining never is. */
export function readCheckStatus({ state, status }: Pick<LoggedInstance, 'state' | 'status'>): CheckStatus {
  if (status === 'critical' || status === 'draining') return 'critical'
  return state === 'suspect' ? 'warning' : status
}

function describeCheck({ state, detached, status }: LoggedInstance): string {
  if (state === 'alive') return `it answers, and says that it is ${status}`
  return `suspect: ${detached ? 'its connection is closed' : 'it missed the last round'}; it said that it is ${status}`
}

/** Stable, in the form of a UUID, as clients expect of the id of a node. */
function createNodeId(host: string): string {
  const hex = createHash('sha256').update(host).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), `5${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  )
}

export function describeNode(host: string, { datacenter, index }: ShapeContext) {
  return {
    ID: createNodeId(host),
    Node: host,
    Address: host,
    Datacenter: datacenter,
    TaggedAddresses: { lan: host, wan: host },
    Meta: {},
    CreateIndex: index,
    ModifyIndex: index,
  }
}

/** What an instance says of itself beside its meta stands there too, unless its meta says otherwise. */
export function readMeta({ zone, version, protocol, meta }: LoggedInstance): Readonly<Record<string, string>> {
  return { ...(zone !== '' && { zone }), ...(version !== '' && { version }), protocol, ...meta }
}

/** Consul's weights are whole numbers. */
function describeWeights({ weight }: LoggedInstance) {
  return { Passing: Math.round(weight), Warning: Math.round(weight) }
}

const plainProxy = Object.freeze({ Mode: '', MeshGateway: {}, Expose: {} })

function describeService(instance: LoggedInstance, { index }: ShapeContext) {
  const { id, service, tags, host, port } = instance
  return {
    ID: id,
    Service: service,
    Tags: tags,
    Address: host,
    TaggedAddresses: { lan: { Address: host, Port: port }, wan: { Address: host, Port: port } },
    Meta: readMeta(instance),
    Port: port,
    Weights: describeWeights(instance),
    EnableTagOverride: false,
    Proxy: plainProxy,
    Connect: {},
    PeerName: '',
    CreateIndex: index,
    ModifyIndex: index,
  }
}

/** An item of `/v1/health/checks/:name` and `/v1/health/state/:state`. */
export function describeHealthCheck(instance: LoggedInstance, { index }: ShapeContext) {
  const { id, service, tags, host } = instance
  return {
    Node: host,
    CheckID: `service:${id}`,
    Name: `Service '${service}' check`,
    Status: readCheckStatus(instance),
    Notes: '',
    Output: describeCheck(instance),
    ServiceID: id,
    ServiceName: service,
    ServiceTags: tags,
    Type: 'survey',
    Interval: '',
    Timeout: '',
    ExposedPort: 0,
    Definition: {},
    CreateIndex: index,
    ModifyIndex: index,
  }
}

/** An item of `/v1/health/service/:name`. */
export function describeServiceEntry(instance: LoggedInstance, context: ShapeContext) {
  return {
    Node: describeNode(instance.host, context),
    Service: describeService(instance, context),
    Checks: [describeHealthCheck(instance, context)],
  }
}

/** An item of `/v1/catalog/service/:name`. */
export function describeCatalogService(instance: LoggedInstance, context: ShapeContext) {
  const { id, service, tags, host, port } = instance
  const { Meta: nodeMeta, ...node } = describeNode(host, context)
  return {
    ...node,
    NodeMeta: nodeMeta,
    ServiceKind: '',
    ServiceID: id,
    ServiceName: service,
    ServiceTags: tags,
    ServiceAddress: host,
    ServiceTaggedAddresses: { lan: { Address: host, Port: port }, wan: { Address: host, Port: port } },
    ServiceWeights: describeWeights(instance),
    ServiceMeta: readMeta(instance),
    ServicePort: port,
    ServiceSocketPath: '',
    ServiceEnableTagOverride: false,
    ServiceProxy: plainProxy,
    ServiceConnect: {},
  }
}
