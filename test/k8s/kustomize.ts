// The manifests of k8s/ as kustomize renders them. A rendering is put together here as a user's own kustomization would be: some base or
// overlay, and components over it.

import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { parseAllDocuments, stringify } from 'yaml'
import { z } from 'zod'

const run = promisify(execFile)

export const manifestSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    labels: z.record(z.string(), z.string()).default({}),
  }),
})

export type Manifest = z.infer<typeof manifestSchema>

const versionSchema = z.object({ kustomizeVersion: z.string() })

/** Why nothing can be rendered here, or undefined. Components are of kustomize 3.7; a kubectl that has one says which. */
export async function findMissingKubectl(): Promise<string | undefined> {
  try {
    const { stdout } = await run('kubectl', ['version', '--client', '-o', 'json'])
    return versionSchema.safeParse(JSON.parse(stdout)).success ? undefined : 'kubectl is older than 1.24'
  } catch {
    return 'kubectl is not installed'
  }
}

/** `kubectl kustomize` of a folder with a kustomization. */
export async function render(folder: string): Promise<Manifest[]> {
  const { stdout } = await run('kubectl', ['kustomize', folder], { maxBuffer: 16 * 1024 * 1024 })
  return parseAllDocuments(stdout).map((document) => manifestSchema.parse(document.toJS()))
}

export interface Kustomization {
  readonly namespace: string
  /** Folders below k8s/. */
  readonly resources: readonly string[]
  readonly components?: readonly string[]
  readonly images?: readonly { readonly name: string; readonly newName: string; readonly newTag: string }[]
}

export async function renderKustomization(kustomization: Kustomization): Promise<Manifest[]> {
  const { resources, components = [], ...others } = kustomization
  return inFolderBeside(async (folder) => {
    const below = (path: string): string => join('..', '..', 'k8s', path)
    const text = stringify({ ...others, resources: resources.map(below), components: components.map(below) })
    await writeFile(join(folder, 'kustomization.yaml'), text)
    return render(folder)
  })
}

/** A folder of the tree for as long as `use` takes: kustomize wants relative paths, and the compiler finds the packages from it. */
export async function inFolderBeside<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join('node_modules', '.rollcall-k8s-'))
  try {
    return await use(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}
