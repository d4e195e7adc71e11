// Who a pipe speaks as: `cluster/key-id/purpose`, in clear on the wire, and what that alone allows. DESIGN.md section 7.
// A cluster is a service name, or `*` for a fleet that has one root secret for every name.

/** What a key is for. `root` never speaks: the others are derived from it. `roll` is every name of its cluster, `roll:NAME` that one. */
export type Purpose = 'root' | 'member' | 'call' | 'roll' | `roll:${string}`

export interface KeyIdentity {
  readonly cluster: string
  /** Tells the keys of a cluster apart, and nothing of them. */
  readonly keyId: string
  readonly purpose: Purpose
}

export interface Rights {
  readonly identity: KeyIdentity
  /** May put instances of this service on the roll. */
  mayAnswerFor(service: string): boolean
  /** May call the members of this cluster. */
  mayCall(cluster: string): boolean
}

const namePattern = /^[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?$/
const keyIdPattern = /^[0-9a-f]{12}$/

export function isCluster(text: string): boolean {
  return text === '*' || namePattern.test(text)
}

export function isKeyId(text: string): boolean {
  return keyIdPattern.test(text)
}

export function readPurpose(text: string): Purpose | undefined {
  if (text === 'root' || text === 'member' || text === 'call' || text === 'roll') return text
  const name = text.startsWith('roll:') ? text.slice(5) : ''
  return namePattern.test(name) ? `roll:${name}` : undefined
}

export function formatIdentity({ cluster, keyId, purpose }: KeyIdentity): string {
  return `${cluster}/${keyId}/${purpose}`
}

/** Undefined for what is none, and for a root, which does not speak. */
export function readIdentity(text: string): KeyIdentity | undefined {
  const [cluster = '', keyId = '', purposeText = '', ...more] = text.split('/')
  const purpose = readPurpose(purposeText)
  if (more.length > 0 || !isCluster(cluster) || purpose === undefined || purpose === 'root') return undefined
  // Of a certificate the middle may be any word: there is no key.
  return keyId === '' ? undefined : { cluster, keyId, purpose }
}

/** Undefined where the identity is of no known form: it allows nothing. */
export function rightsOf(text: string): Rights | undefined {
  const identity = readIdentity(text)
  if (!identity) return undefined
  const { cluster, purpose } = identity
  const isOfCluster = (name: string) => cluster === '*' || cluster === name
  return {
    identity,
    mayAnswerFor: (service) =>
      isOfCluster(service) && (purpose === 'member' || purpose === 'roll' || purpose === `roll:${service}`),
    mayCall: (name) => isOfCluster(name) && (purpose === 'member' || purpose === 'call'),
  }
}
