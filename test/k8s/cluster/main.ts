// `npm run test:k8s [-- --context NAME --keys]`: applies k8s/ to a real cluster and looks at it from inside a pod. Without a context it brings up a
// cluster of its own, and ends it. Prints a sentence for each thing that was looked at, and as its last line `N passed, N failed`.

import { parseArgs } from 'node:util'
import { checks, keyChecks } from './checks.ts'
import { openCluster } from './cluster.ts'
import { openFleet } from './fleet.ts'
import { buildImages, removeImages } from './images.ts'

const { values } = parseArgs({ options: { context: { type: 'string' }, keys: { type: 'boolean', default: false } } })

/** The last of these first. */
const closings: (() => Promise<unknown>)[] = []

async function closeAll(): Promise<void> {
  for (const close of closings.splice(0).toReversed())
    await close().catch((error: unknown) => console.error(`not cleaned up: ${String(error)}`))
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void closeAll().finally(() => process.exit(130)))

function say(sentence: string): void {
  console.log(`${(performance.now() / 1000).toFixed(0).padStart(4)} s  ${sentence}`)
}

let passed = 0
let failed = 0
try {
  await buildImages()
  closings.push(removeImages)
  say('The images are built.')
  const cluster = await openCluster(values.context)
  closings.push(() => cluster.close())
  say(`Kubernetes ${cluster.version} is up.`)
  const fleet = await openFleet(cluster, { hasKeys: values.keys })
  closings.push(() => fleet.close())
  const sizes = Object.entries(fleet.sizes).map(([name, size]) => `${size} ${name}`)
  say(
    `k8s/base is applied${values.keys ? ' with keys' : ''}${cluster.needsCompat ? ' with compat-1.20' : ''}, and all of it is ready: ${sizes.join(', ')}.`,
  )
  for (const { sentence, look } of values.keys ? [...checks, ...keyChecks] : checks)
    try {
      const detail = await look(fleet)
      passed += 1
      say(`passed: ${sentence}${detail && ` (${detail})`}.`)
    } catch (error) {
      failed += 1
      say(`FAILED: ${sentence}: ${error instanceof Error ? error.message : String(error)}.`)
    }
} catch (error) {
  failed += 1
  say(`FAILED: there is nothing to look at: ${error instanceof Error ? error.message : String(error)}.`)
} finally {
  await closeAll()
}
say('Everything is taken down again.')
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1
