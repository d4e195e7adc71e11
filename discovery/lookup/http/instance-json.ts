// An instance as JSON, in the three forms that HTTP shows: what /resolve hands out, what a watch tells, and what a list tells of everyone.
// Promises that the first is written once per instance; which instance it is was decided before.

import type { Instance, LoggedInstance, Provider } from '../../registry/instance.ts'

/** What an instance says of itself never changes: where it says something else, another object takes its place. So the text
 * stays true, whatever becomes of its state, and goes with the instance. */
const written = new WeakMap<Provider, string>()

/** What `/resolve` hands out: the static part alone. */
export function writeProvider(instance: Provider): string {
  let text = written.get(instance)
  if (text === undefined) {
    text = JSON.stringify(describeProvider(instance))
    written.set(instance, text)
  }
  return text
}

function describeProvider(instance: Provider) {
  const { service, id, address, protocol, host, port, zone, version, weight, tags, meta, status } = instance
  return { service, id, address, protocol, host, port, zone, version, weight, tags, meta, status }
}

/** What a watch tells of each instance: nothing of it moves without a change. */
export function writeLoggedInstance(instance: LoggedInstance): string {
  const { kind, by = null, state, detached, unsure } = instance
  return `${writeProvider(instance).slice(0, -1)},${JSON.stringify({ kind, by, state, detached, unsure }).slice(1)}`
}

export interface DescribeOptions {
  /** Now on the daemon's monotonic clock, in milliseconds: that of `Instance.lastAnswerMs`. */
  readonly nowMs: number
  /** The same instant as time of day, in milliseconds since 1970. */
  readonly dateMs: number
  /** Adds what the provider says of its load. */
  readonly withDynamic: boolean
}

/** What `/services/:service` tells of each instance. */
export function describeInstance(instance: Instance, { nowMs, dateMs, withDynamic }: DescribeOptions) {
  const lastAnswerAgeMs = Math.max(0, Math.round(nowMs - instance.lastAnswerMs))
  const description = {
    ...describeProvider(instance),
    kind: instance.kind,
    by: instance.by ?? null,
    state: instance.state,
    detached: instance.detached,
    unsure: instance.unsure,
    conflict: instance.conflict,
    misses: instance.misses,
    roundTripMs: Math.round(instance.roundTripMs * 1000) / 1000,
    lastAnswerAgeMs,
    lastAnswerAt: new Date(dateMs - lastAnswerAgeMs).toISOString(),
  }
  if (!withDynamic) return description
  return { ...description, load: instance.load ?? null, inflight: instance.inflight ?? null }
}

/** What `/services` tells of each name: how many answer to it, and in which state. */
export function countInstances(instances: readonly Instance[]) {
  const alive = instances.filter((instance) => instance.state === 'alive').length
  return { instances: instances.length, alive, suspect: instances.length - alive }
}
