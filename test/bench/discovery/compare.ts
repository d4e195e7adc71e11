// The comparison: joins and leaves go round the systems, one of each after the other, so that the noise of the machine falls on all alike; ends,
// which are waiting for the most part, are measured of all at once; what takes a processor, of each by itself.

import type { ListedPeer } from '../peers/discovery/peers.ts'
import type { ResultsFile } from '../results.ts'
import type { Contender, Party } from './contender.ts'
import type { EndMeasurement, Measurement, Plan, SizeMeasurement } from './measurements.ts'
import type { Scene } from './scene.ts'
import { whatIsMissing } from '../peers/discovery/peers.ts'
import { measureAtRest, measureRestart, startProviders } from './at-size.ts'
import { openContender } from './contender.ts'
import { isWantingMore } from './measurements.ts'
import { endVictims, joinAndLeave, openScene, startVictims } from './scene.ts'

export interface CompareOptions {
  readonly plan: Plan
  readonly file: ResultsFile
  /** What was measured before of those that are there is forgotten first. */
  readonly isRedone?: boolean
  readonly say: (text: string) => void
}

export async function compareDiscovery(listed: readonly ListedPeer[], options: CompareOptions): Promise<void> {
  const { plan, file, isRedone = false, say } = options
  const installed: ListedPeer[] = []
  for (const each of listed) if (await noteDown(each, options)) installed.push(each)
  if (isRedone) for (const { name } of installed) for (const { key } of plan.measurements) file.forget(key, name)
  await compareScenes(installed, options)
  for (const measurement of plan.measurements) {
    if (measurement.kind !== 'rest' && measurement.kind !== 'restarts') continue
    for (const each of installed) await measureSize(each, measurement, options)
    say(`${measurement.key} done`)
  }
  await file.save()
}

/** What is measured, with its settings; or what is not, with why. */
async function noteDown({ name, peer }: ListedPeer, { file: { results } }: CompareOptions): Promise<boolean> {
  const missing = whatIsMissing(peer)
  if (missing === undefined) {
    delete results.missing[name]
    results.peers[name] = { version: await peer.version(), settings: peer.settings }
  } else results.missing[name] = missing
  return missing === undefined
}

function isWanted(measurement: Measurement, name: string, file: ResultsFile): boolean {
  return isWantingMore(measurement, file.samplesOf(measurement.key, name))
}

/** Whoever fails is named with why, and the others go on. */
async function attempt(
  measurement: Measurement,
  name: string,
  file: ResultsFile,
  work: () => Promise<void>,
): Promise<boolean> {
  try {
    await work()
    return true
  } catch (error) {
    await file.fail(measurement.key, name, error instanceof Error ? error.message : String(error))
    return false
  }
}

async function compareScenes(installed: readonly ListedPeer[], { plan, file, say }: CompareOptions): Promise<void> {
  const measurements = plan.measurements.filter(({ kind }) => kind === 'cycles' || kind === 'ends')
  const contenders: Contender[] = []
  const scenes: Scene[] = []
  try {
    for (const each of installed) {
      const wanted = measurements.filter((measurement) => isWanted(measurement, each.name, file))
      const [first] = wanted
      if (!first) continue
      await attempt(first, each.name, file, async () => {
        const contender = await openContender(each)
        contenders.push(contender)
        scenes.push(await openScene(contender, plan.staying))
      })
    }
    for (const measurement of measurements) {
      if (measurement.kind === 'cycles') await takeTurns(measurement, scenes, file)
      else if (measurement.kind === 'ends') await endAll(measurement, scenes, file)
      say(`${measurement.key} done`)
    }
  } finally {
    for (const contender of contenders) await contender.close()
  }
}

/** One of each system, and again. The first of each only warms it up. */
async function takeTurns(measurement: Measurement, scenes: readonly Scene[], file: ResultsFile): Promise<void> {
  const going = new Set(scenes)
  for (let turn = 0; going.size > 0; turn += 1)
    for (const scene of going) {
      const { name } = scene.contender
      const isGoingOn =
        isWanted(measurement, name, file) &&
        (await attempt(measurement, name, file, async () => {
          const sample = await joinAndLeave(scene, `comes-${turn}`)
          if (turn > 0) await file.add(measurement.key, name, sample)
        }))
      if (!isGoingOn) going.delete(scene)
    }
}

async function endAll(measurement: EndMeasurement, scenes: readonly Scene[], file: ResultsFile): Promise<void> {
  const { key, rounds, signal } = measurement
  const victims = new Map<Scene, ReadonlyMap<string, Party>>()
  for (const scene of scenes) {
    const { name } = scene.contender
    const wanted = rounds - file.samplesOf(key, name).length
    const ids = Array.from({ length: wanted }, (_, i) => `${key}-${i}`)
    await attempt(measurement, name, file, async () => void victims.set(scene, await startVictims(scene, ids)))
  }
  await Promise.all(
    [...victims].map(([scene, ofScene]) => {
      const { name } = scene.contender
      return attempt(measurement, name, file, () =>
        endVictims(scene, ofScene, signal, (ms) => file.add(key, name, { ms })),
      )
    }),
  )
}

async function measureSize(listed: ListedPeer, measurement: SizeMeasurement, { file }: CompareOptions): Promise<void> {
  const { name } = listed
  if (!isWanted(measurement, name, file)) return
  await attempt(measurement, name, file, async () => {
    const contender = await openContender(listed)
    try {
      const providers = await startProviders(contender, measurement.count)
      while (isWanted(measurement, name, file)) {
        const sample =
          measurement.kind === 'rest'
            ? await measureAtRest(contender, providers, measurement)
            : await measureRestart(contender, measurement.count)
        await file.add(measurement.key, name, sample)
      }
    } finally {
      await contender.close()
    }
  })
}
