// Results of a comparison so far, kept in a file with every run: whoever stops goes on with what is missing.

import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'

/** One run: figures by name. */
export type Sample = Readonly<Record<string, number>>

const sample = z.record(z.string(), z.number())
const schema = z.object({
  machine: z.record(z.string(), z.union([z.string(), z.number()])),
  /** What was measured, and how it was set up. */
  peers: z.record(z.string(), z.object({ version: z.string(), settings: z.string() })),
  /** What was not, and why. */
  missing: z.record(z.string(), z.string()),
  /** By measurement, then by peer: one for each run. */
  samples: z.record(z.string(), z.record(z.string(), z.array(sample))),
  /** Likewise: what went wrong last. */
  failures: z.record(z.string(), z.record(z.string(), z.string())),
})

export type ComparisonResults = z.infer<typeof schema>

export interface ResultsFile {
  readonly results: ComparisonResults
  samplesOf(key: string, peer: string): readonly Sample[]
  add(key: string, peer: string, sample: Sample): Promise<void>
  fail(key: string, peer: string, reason: string): Promise<void>
  /** In the file from the next that is added on. */
  forget(key: string, peer: string): void
  save(): Promise<void>
}

/** Of one figure, in each run that has it. */
export function valuesOf(results: ComparisonResults, key: string, peer: string, name: string): readonly number[] {
  return (results.samples[key]?.[peer] ?? []).flatMap((each) => each[name] ?? [])
}

/** Begins anew where nothing is to be gone on with. */
export function openResults(file: string, machine: ComparisonResults['machine'], isResumed: boolean): ResultsFile {
  const isThere = isResumed && existsSync(file)
  const results: ComparisonResults = isThere
    ? schema.parse(JSON.parse(readFileSync(file, 'utf8')))
    : { machine, peers: {}, missing: {}, samples: {}, failures: {} }
  let saved = Promise.resolve()
  /** One after the other: several systems may be measured at once. */
  function save(): Promise<void> {
    saved = saved.then(write)
    return saved
  }
  async function write(): Promise<void> {
    await mkdir(dirname(file), { recursive: true })
    // Whoever is interrupted here has the one before.
    await writeFile(`${file}.new`, `${JSON.stringify(results, undefined, 2)}\n`)
    await rename(`${file}.new`, file)
  }
  return {
    results,
    save,
    samplesOf: (key, peer) => results.samples[key]?.[peer] ?? [],
    async add(key, peer, added) {
      const ofKey = (results.samples[key] ??= {})
      ;(ofKey[peer] ??= []).push(added)
      delete results.failures[key]?.[peer]
      await save()
    },
    async fail(key, peer, reason) {
      ;(results.failures[key] ??= {})[peer] = reason
      await save()
    },
    forget(key, peer) {
      delete results.samples[key]?.[peer]
      delete results.failures[key]?.[peer]
    },
  }
}
