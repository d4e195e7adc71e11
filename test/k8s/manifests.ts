// The manifests of k8s/ as kustomize renders them, and a strict check of objects without a cluster: they become literals
// of the types that npm `kubernetes-types` has of Kubernetes' own schema, and the compiler refuses what is unknown or wrong.

import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'
import { parseAllDocuments } from 'yaml'

const run = promisify(execFile)

const manifestSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), labels: z.record(z.string(), z.string()).optional() }),
})

export type Manifest = z.infer<typeof manifestSchema>

/** Why nothing can be rendered here, or undefined. */
export async function findMissingKubectl(): Promise<string | undefined> {
  return run('kubectl', ['kustomize', '--help']).then(
    () => undefined,
    () => 'kubectl is not installed',
  )
}

export async function render(folder: string): Promise<Manifest[]> {
  const { stdout } = await run('kubectl', ['kustomize', folder])
  return parseAllDocuments(stdout).map((document) => manifestSchema.parse(document.toJS()))
}

const compilerOptions = { noEmit: true, strict: true, module: 'preserve', types: [] }

/** What the compiler has against these objects; nothing where they are right. */
export async function findMistakes(manifests: readonly unknown[]): Promise<string[]> {
  // Beside the packages, so that the types are found as from any other file.
  const folder = await mkdtemp(join('node_modules', '.rollcall-k8s-'))
  try {
    await writeFile(join(folder, 'manifests.ts'), writeLiterals(manifests.map((one) => manifestSchema.parse(one))))
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['manifests.ts'] }))
    const tsc = join('node_modules', 'typescript', 'bin', 'tsc')
    const compiled = await run(process.execPath, [tsc, '--pretty', 'false', '-p', folder]).catch(
      (error: { stdout: string }) => error,
    )
    return compiled.stdout.split('\n').filter((line) => line.includes('error TS'))
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** `const manifest0: import('kubernetes-types/apps/v1').Deployment = {…}`: a literal, so that a field too many is an error. */
function writeLiterals(manifests: readonly Manifest[]): string {
  return manifests
    .map((manifest, index) => {
      const [group = '', version = ''] = manifest.apiVersion.includes('/')
        ? manifest.apiVersion.split('/')
        : ['core', manifest.apiVersion]
      const module = `kubernetes-types/${group.split('.')[0]}/${version}`
      return `export const manifest${index}: import('${module}').${manifest.kind} = ${JSON.stringify(manifest)}\n`
    })
    .join('')
}
