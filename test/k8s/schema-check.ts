// A strict check of objects without a cluster: they become literals of types that packages made of Kubernetes' own schema, one for each
// version, and the compiler refuses what is unknown, missing or wrong.

import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Manifest } from './kustomize.ts'
import { inFolderBeside, manifestSchema } from './kustomize.ts'

const run = promisify(execFile)

/** Packages with the types of a version of Kubernetes. That of 1.21 stands for 1.20 as well: there is none of it, and policy/v1 is what differs. */
export type SchemaPackage = 'kubernetes-types' | 'kubernetes-types-1.21'

export interface Checked {
  /** Of the letters, digits and dashes that a file may be called by. */
  readonly name: string
  readonly manifests: readonly unknown[]
  readonly schema: SchemaPackage
}

const compilerOptions = { noEmit: true, strict: true, module: 'preserve', types: [], allowImportingTsExtensions: true }

/** What the compiler has against these objects, with the name of whose they are; nothing where they are right. */
export async function findMistakes(all: readonly Checked[]): Promise<string[]> {
  return inFolderBeside(async (folder) => {
    const files = all.map(({ name }) => `${name}.ts`)
    for (const { name, manifests, schema } of all)
      await writeFile(
        join(folder, `${name}.ts`),
        writeLiterals(
          manifests.map((one) => manifestSchema.parse(one)),
          schema,
        ),
      )
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }))
    const tsc = join('node_modules', 'typescript', 'bin', 'tsc')
    const compiled = await run(process.execPath, [tsc, '--pretty', 'false', '-p', folder]).catch(
      (error: { stdout: string }) => error,
    )
    return compiled.stdout
      .split('\n')
      .filter((line) => line.includes('error TS'))
      .map((line) => line.replace(`${folder}/`, ''))
  })
}

/** `export const deploymentAnswer0: import('kubernetes-types/apps/v1').Deployment = {…}`: a literal, so that a field too many is an error. */
function writeLiterals(manifests: readonly Manifest[], schema: SchemaPackage): string {
  return manifests
    .map((manifest, index) => `export const one${index}: ${typeOf(manifest, schema)} = ${JSON.stringify(manifest)}\n`)
    .join('')
}

function typeOf({ apiVersion, kind }: Manifest, schema: SchemaPackage): string {
  if (kind === 'ServiceMonitor') return `import('../../test/k8s/service-monitor.ts').${kind}`
  const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['core', apiVersion]
  return `import('${schema}/${group.split('.')[0]}/${version}').${kind}`
}
