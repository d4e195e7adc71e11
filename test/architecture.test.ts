// Imports point down, as DESIGN.md section 2 has it. A new top-level folder, or an import upwards, fails here.

import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import t from 'tap'

interface Layer {
  readonly folder: string
  /** Folders of ours that it may import from, beside itself. */
  readonly below: readonly string[]
}

/** The most specific folder first. */
const layers: readonly Layer[] = [
  { folder: 'messaging/sp', below: [] },
  { folder: 'messaging/keys', below: ['messaging/sp'] },
  { folder: 'messaging/roll', below: ['messaging/sp', 'messaging/keys'] },
  { folder: 'messaging', below: ['messaging/sp', 'messaging/keys', 'messaging/roll'] },
  { folder: 'discovery/page', below: ['messaging/sp/clock.ts', 'messaging/sp/endpoints/backoff.ts'] },
  { folder: 'discovery/registry', below: ['messaging/sp', 'messaging/roll'] },
  { folder: 'discovery', below: ['discovery/registry', 'messaging/sp', 'messaging/keys', 'messaging/roll'] },
  { folder: 'services/classic', below: [] },
  { folder: 'services', below: ['messaging/index.ts'] },
  { folder: 'docker', below: ['messaging/index.ts'] },
  { folder: 'cli', below: ['messaging', 'discovery', 'services', 'docker'] },
]

/** Packages that may be imported in some places only. */
const confined: Readonly<Record<string, readonly string[]>> = {
  fastify: ['discovery/lookup/http/', 'services/web/'],
  '@fastify/static': ['discovery/lookup/http/'],
  '@fastify/swagger': ['discovery/lookup/http/'],
  preact: ['discovery/page/'],
  'prom-client': ['discovery/metrics/'],
  dockerode: ['docker/'],
  'dns-packet': ['discovery/lookup/dns/'],
  ws: ['messaging/sp/transports/'],
  undici: ['messaging/roll/follow/http/'],
  nanomsg: ['messaging/sp/engines/nanomsg', 'services/classic/'],
}

interface SourceFile {
  readonly path: string
  readonly text: string
  readonly imports: readonly string[]
}

const sources = ['messaging', 'discovery', 'services', 'docker', 'cli'].flatMap(readSources)

function readSources(folder: string): SourceFile[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !name.endsWith('.d.ts'))
    .map((name) => {
      const path = join(folder, name)
      const text = readFileSync(path, 'utf8')
      const imports = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '')
      return { path, text, imports }
    })
}

function isIn(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`)
}

t.test('there is something to look at', async (t) => {
  t.ok(sources.length > 50, `${sources.length} files`)
  t.ok(sources.some(({ imports }) => imports.includes('fastify')))
})

t.test('imports point down', async (t) => {
  for (const { path, imports } of sources) {
    const layer = layers.find(({ folder }) => isIn(path, folder))
    if (!layer) {
      t.fail(`${path} is in no layer`)
      continue
    }
    for (const target of imports.filter((name) => name.startsWith('.'))) {
      const resolved = normalize(join(dirname(path), target))
      const owner = layers.find(({ folder }) => isIn(resolved, folder))
      const isAllowed = owner === layer || layer.below.some((folder) => isIn(resolved, folder))
      if (!isAllowed) t.fail(`${path} imports ${resolved}`)
    }
  }
})

t.test('the registry is pure', async (t) => {
  for (const { path, imports, text } of sources.filter((source) => isIn(source.path, 'discovery/registry'))) {
    t.notOk(
      imports.some((name) => name.startsWith('node:') && name !== 'node:crypto'),
      `${path} does no I/O`,
    )
    t.notMatch(text, /Date\.now|performance\.now|setTimeout|setInterval/, `${path} has no clock`)
  }
})

t.test('packages stay where they belong', async (t) => {
  for (const { path, imports } of sources)
    for (const [name, places] of Object.entries(confined))
      if (imports.includes(name) && !places.some((place) => path.startsWith(place))) t.fail(`${path} imports ${name}`)
})

t.test('the environment, signals and exit codes are for programs', async (t) => {
  for (const { path, text } of sources) {
    const isProgram = path.startsWith('cli/') || path.startsWith('docker/') || /^services\/[^/]+\/main\.ts$/.test(path)
    const code = text.replace(/\/\/.*|\/\*[^]*?\*\//g, '')
    const uses = /process\.(env|exit|exitCode|on\(['"]SIG|once\(['"]SIG)\b/.exec(code)
    if (uses && !isProgram) t.fail(`${path} uses ${uses[0]}`)
  }
})

t.test('no door lists its names by a star, and no file is called after nothing', async (t) => {
  for (const { path, text } of sources) {
    t.notMatch(text, /export \* from/, path)
    t.notMatch(path, /(^|\/)(utils?|helpers?|common|misc|types|manager)(\.tsx?|\/)/, path)
  }
})
