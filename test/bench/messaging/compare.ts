// The comparison: every system that is installed is started, and each measurement goes round them, a run of one after a run of the other, so that
// the noise of the machine falls on all alike.

import type { Peer, StartedPeer } from '../peers/messaging/peer.ts'
import type { Measurement } from './measurements.ts'
import type { Pair } from './pair.ts'
import type { ResultsFile } from '../results.ts'
import { MissingPeer } from '../peers/messaging/peer.ts'
import { createPair } from './pair.ts'

export interface Contender {
  readonly peer: Peer
  readonly pair: Pair
}

export interface CompareOptions {
  readonly measurements: readonly Measurement[]
  readonly file: ResultsFile
  /** What was measured before of those that are there is forgotten first. */
  readonly isRedone?: boolean
  /** A folder for CPU profiles of ends in Node. */
  readonly profiles?: string
  readonly say: (text: string) => void
}

export async function compare(peers: readonly Peer[], options: CompareOptions): Promise<void> {
  const { measurements, file, isRedone = false, profiles, say } = options
  const started: StartedPeer[] = []
  const contenders: Contender[] = []
  try {
    for (const peer of peers) {
      if (!isRedone && !hasMoreToMeasure(peer, measurements, file)) continue
      const running = await start(peer, file)
      say(`${peer.name}: ${running?.version ?? file.results.missing[peer.name]}`)
      if (!running) continue
      started.push(running)
      contenders.push({ peer, pair: createPair(peer, running, profiles) })
      if (isRedone) for (const { key } of measurements) file.forget(key, peer.name)
    }
    for (const measurement of measurements) {
      await goRound(contenders, measurement, file)
      say(`${measurement.key} done`)
    }
    await file.save()
  } finally {
    for (const { pair } of contenders) await pair.close()
    for (const running of started) await running.close()
  }
}

function hasMoreToMeasure(peer: Peer, measurements: readonly Measurement[], file: ResultsFile): boolean {
  return measurements.some(({ key, rounds }) => file.samplesOf(key, peer.name).length < rounds)
}

/** What cannot be measured is named in the results, with why. */
async function start(peer: Peer, { results }: ResultsFile): Promise<StartedPeer | undefined> {
  delete results.missing[peer.name]
  try {
    const running = await peer.start()
    results.peers[peer.name] = { version: running.version, settings: peer.settings }
    return running
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    results.missing[peer.name] = error instanceof MissingPeer ? reason : `did not start: ${reason}`
    return undefined
  }
}

/** Whoever fails is out of this measurement, and in the next one again. */
async function goRound(contenders: readonly Contender[], measurement: Measurement, file: ResultsFile): Promise<void> {
  const { key, rounds, warmUps } = measurement
  const failed = new Set<string>()
  for (let round = 0; round < warmUps + rounds; round += 1)
    for (const { peer, pair } of contenders) {
      const { name } = peer
      if (failed.has(name)) continue
      if (file.samplesOf(key, name).length >= rounds) continue
      try {
        const sample = await measurement.run(pair)
        if (round >= warmUps) await file.add(key, name, sample)
      } catch (error) {
        failed.add(name)
        await file.fail(key, name, error instanceof Error ? error.message : String(error))
      }
    }
}
