// Instances and events as the page has them, for its tests: what a test does not care about is filled in.

import type { ChangeType, Instance, RollEvent } from '../../../discovery/page/daemon/wire.ts'

export function createInstance(service: string, id: string, fields: Partial<Instance> = {}): Instance {
  return {
    service,
    id,
    address: 'tcp://10.0.0.7:8080',
    zone: '',
    version: '',
    weight: 1,
    tags: [],
    meta: {},
    status: 'passing',
    by: null,
    state: 'alive',
    detached: false,
    unsure: false,
    ...fields,
  }
}

export function createSnapshot(epoch: string, instances: readonly Instance[]): RollEvent {
  return { type: 'snapshot', epoch, isComplete: true, instances }
}

export function createChange(epoch: string, type: ChangeType, instance: Instance, atMs = 0): RollEvent {
  return { type, epoch, atMs, instance }
}
