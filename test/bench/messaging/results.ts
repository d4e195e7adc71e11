// Results so far, kept in a file with every run: whoever stops goes on with what is missing.

import type { Sample } from './measurements.ts'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'

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

export type MessagingResults = z.infer<typeof schema>

export interface ResultsFile {
  readonly results: MessagingResults
  samplesOf(key: string, peer: string): readonly Sample[]
  add(key: string, peer: string, sample: Sample): Promise<void>
  fail(key: string, peer: string, reason: string): Promise<void>
  /** In the file from the next that is added on. */
  forget(key: string, peer: string): void
  save(): Promise<void>
}

/** Begins anew where nothing is to be gone on with. */
export function openResults(file: string, machine: MessagingResults['machine'], isResumed: boolean): ResultsFile {
  const isThere = isResumed && existsSync(file)
  const results: MessagingResults = isThere
    ? schema.parse(JSON.parse(readFileSync(file, 'utf8')))
    : { machine, peers: {}, missing: {}, samples: {}, failures: {} }
  async function save(): Promise<void> {
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
