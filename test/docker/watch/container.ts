// A container as the engine tells of it, for the tests of the watcher.

import type { ContainerFacts } from '../../../docker/watch/engine.ts'

export function createFacts(given: Partial<ContainerFacts> = {}): ContainerFacts {
  return {
    id: 'a'.repeat(64),
    name: 'shop-1',
    image: 'nginx:stable',
    labels: {},
    env: {},
    exposedPorts: [80],
    isRunning: true,
    isPaused: false,
    startedAt: '2026-01-01T00:00:00Z',
    health: undefined,
    stopSignal: 15,
    isOnHost: false,
    networks: [{ name: 'bridge', ip: '172.17.0.2' }],
    ...given,
  }
}
