// All that k8s/ can be rendered to: the base and every overlay, each as it is and with compat-1.20 over it, and what the other components
// change. What has to hold for all of them is tested over this list.

import type { Kustomization, Manifest } from './kustomize.ts'
import type { SchemaPackage } from './schema-check.ts'
import { renderKustomization } from './kustomize.ts'

export interface Rendering {
  readonly name: string
  readonly schema: SchemaPackage
  readonly hasKeys: boolean
  readonly manifests: readonly Manifest[]
}

const plain = ['base', 'overlays/dev', 'overlays/production', 'overlays/keys'].map((resource) => ({
  namespace: resource === 'overlays/dev' ? 'rollcall-dev' : 'rollcall',
  resources: [resource],
  components: [] as readonly string[],
}))

const kustomizations: readonly Required<Omit<Kustomization, 'images'>>[] = [
  ...plain,
  { namespace: 'rollcall', resources: ['base'], components: ['components/keys'] },
  { namespace: 'rollcall', resources: ['base'], components: ['components/service-monitor'] },
].flatMap((one) => [one, { ...one, components: [...one.components, 'components/compat-1.20'] }])

export async function renderAll(): Promise<Rendering[]> {
  const all: Rendering[] = []
  for (const kustomization of kustomizations) {
    const parts = [...kustomization.resources, ...kustomization.components]
    all.push({
      name: parts.map((part) => part.split('/').at(-1)).join('-with-'),
      schema: parts.includes('components/compat-1.20') ? 'kubernetes-types-1.21' : 'kubernetes-types',
      hasKeys: parts.some((part) => part.endsWith('/keys')),
      manifests: await renderKustomization(kustomization),
    })
  }
  return all
}
