// The cluster that is tested on: that of a context of kubectl, or one of its own for as long as the test takes.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { z } from 'zod'

const run = promisify(execFile)

/** Builds, starts and ends a Kubernetes of one node on this machine, whose pods run images of its Docker engine. */
const nodeScript = '../shared/k8s/node.sh'
/** The first version with all that the base has. */
const baseMinor = 29

export interface Cluster {
  /** What kubectl has to be told. */
  readonly flags: readonly string[]
  /** As its server says. */
  readonly version: string
  /** Too old for the base as it stands, or without a DNS: compat-1.20 goes over it. */
  readonly needsCompat: boolean
  close(): Promise<void>
}

export async function openCluster(context: string | undefined): Promise<Cluster> {
  if (context !== undefined) return describe(['--context', context], async () => {})
  await run(nodeScript, ['build'], { maxBuffer: 64 * 1024 * 1024 })
  const close = async (): Promise<void> => void (await run(nodeScript, ['down']))
  try {
    const { stdout } = await run(nodeScript, ['up'])
    const [, kubeconfig = ''] = /KUBECONFIG=(\S+)/.exec(stdout) ?? []
    return await describe(['--kubeconfig', kubeconfig], close)
  } catch (error) {
    await close()
    throw error
  }
}

const versionSchema = z.object({ serverVersion: z.object({ gitVersion: z.string(), minor: z.string() }) })

async function describe(flags: readonly string[], close: () => Promise<void>): Promise<Cluster> {
  const { stdout } = await run('kubectl', [...flags, 'version', '--output', 'json'])
  const { serverVersion } = versionSchema.parse(JSON.parse(stdout))
  // Some vendors write 29+.
  const minor = Number.parseInt(serverVersion.minor, 10)
  return { flags, version: serverVersion.gitVersion, needsCompat: minor < baseMinor, close }
}
