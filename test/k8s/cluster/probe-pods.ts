// Two pods to look from. `probe` has the command line of the fleet's own image; `names` knows no other name server than the daemons, so
// that what any program of a C library finds there is what they say. Both are as restricted as the namespace wants them.

import type { Pod } from '../objects.ts'
import { images } from './images.ts'

export interface ProbeOptions {
  /** Those of the fleet. */
  readonly hostAliases: Pod['hostAliases']
  readonly nameServer: string
  /** The program that keeps asking. */
  readonly asker: string
  /** It calls as the client of the fleet does, with the keys of that one. */
  readonly hasKeys: boolean
}

/** In the image, where its imports lead to what is there. */
export const askerPath = '/app/dist/test/k8s/cluster/asker.js'

const keyringVariable = { name: 'ROLLCALL_KEYRING', value: '/keys/keyring' }

export function createProbes({ hostAliases, nameServer, asker, hasKeys }: ProbeOptions): readonly object[] {
  const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'asker' }, data: { 'asker.js': asker } }
  const volumes: object[] = [{ name: 'asker', configMap: { name: 'asker' } }]
  const mounts: object[] = [{ name: 'asker', mountPath: askerPath, subPath: 'asker.js' }]
  if (hasKeys) {
    volumes.push({ name: 'keys', secret: { secretName: 'keys-client', defaultMode: 0o440 } })
    mounts.push({ name: 'keys', mountPath: '/keys', readOnly: true })
  }
  const spec = createSpec({ hostAliases, volumes }, mounts, hasKeys ? [keyringVariable] : [])
  const dns = { dnsPolicy: 'None', dnsConfig: { nameservers: [nameServer] } }
  return [config, createPod('probe', spec), createPod('names', createSpec(dns, [], []))]
}

function createPod(name: string, spec: object): object {
  const labels = { 'rollcall/lookups': 'allowed', 'rollcall/calls': 'allowed' }
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels }, spec }
}

function createSpec(more: object, volumeMounts: readonly object[], variables: readonly object[]): object {
  return {
    ...more,
    enableServiceLinks: false,
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 1,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 1000,
      runAsGroup: 1000,
      fsGroup: 1000,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [
      {
        name: 'probe',
        image: images.rollcall,
        imagePullPolicy: 'IfNotPresent',
        command: ['sleep', '3600'],
        env: [
          { name: 'DISCOVERY_HOST', value: 'discovery' },
          { name: 'ROLLCALL_URL', value: 'http://discovery-http:8500' },
          { name: 'LOG_LEVEL', value: 'silent' },
          ...variables,
        ],
        volumeMounts,
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
      },
    ],
  }
}
