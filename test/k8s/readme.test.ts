// k8s/README.md says what is true: its folders are there, its manifests are of the schema and render, its keys open what they should.

import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { parse } from 'yaml'
import { z } from 'zod'
import { daemonDefaults } from '../../discovery/daemon-options.ts'
import { describeKey, readKeyringFile } from '../../messaging/keys/open-keyring.ts'
import { installOnPath } from '../cli/on-path.ts'
import { findMissingKubectl, inFolderBeside, render, renderKustomization } from './kustomize.ts'
import { findOnly, readServices, readWorkloads } from './objects.ts'
import { findMistakes } from './schema-check.ts'

const run = promisify(execFile)
const readme = readFileSync('k8s/README.md', 'utf8')

function blocks(language: string): string[] {
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'))].map((match) => match[1] ?? '')
}

function findBlock(language: string, part: string): string {
  const found = blocks(language).find((block) => block.includes(part))
  if (found === undefined) throw new Error(`there is no block with ${part}`)
  return found
}

t.test('the table has every base, overlay and component', async (t) => {
  const told = [...readme.matchAll(/^\| `([^`]+)` \|/gm)].map(([, folder = '']) => folder)
  const there = ['overlays', 'components'].flatMap((folder) =>
    readdirSync(join('k8s', folder)).map((name) => `${folder}/${name}`),
  )
  t.strictSame(told.toSorted(), ['base', ...there].toSorted())
  for (const [, folder = ''] of readme.matchAll(/kubectl apply -k (\S+)/g))
    t.ok(existsSync(join(folder, 'kustomization.yaml')), folder)
})

t.test('the block for CoreDNS forwards the zone of the daemons, as text of a ConfigMap', async (t) => {
  const config: unknown = parse(findBlock('yaml', 'coredns-custom'))
  t.strictSame(await findMistakes([{ name: 'coredns', manifests: [config], schema: 'kubernetes-types' }]), [])
  const { data } = z.object({ data: z.record(z.string(), z.string()) }).parse(config)
  // CoreDNS imports what is called so.
  t.strictSame(Object.keys(data), ['rollcall.server'])
  const zone = daemonDefaults.dnsDomain
  t.match(data['rollcall.server'], new RegExp(`^${zone}:53 \\{\\n  errors\\n  forward \\. [\\d.]+\\n\\}\\n$`))
  const stubs: unknown = JSON.parse(/`(\{[^`]+\})`/.exec(readme)?.[1] ?? '')
  t.match(stubs, { [zone]: [/^[\d.]+$/] })
})

const missing = await findMissingKubectl()
if (missing === undefined) testWithKubectl()
else t.test('what is rendered', async (t) => t.plan(0, missing))

function testWithKubectl(): void {
  t.test('the kustomization renders, with the images that it names', async (t) => {
    const manifests = await inFolderBeside(async (folder) => {
      const text = findBlock('yaml', 'kind: Kustomization').replaceAll('../k8s/', '../../k8s/')
      await writeFile(join(folder, 'kustomization.yaml'), text)
      return render(folder)
    })
    const images = readWorkloads(manifests).flatMap(({ spec }) =>
      spec.template.spec.containers.map(({ image }) => image),
    )
    t.ok(images.includes('registry.example/rollcall:0.1.0'))
    t.notOk(images.some((image) => image.startsWith('rollcall:')))
  })

  t.test('the service that a forwarder is told of answers on the port of DNS', async (t) => {
    const { spec } = findOnly(
      readServices(await renderKustomization({ namespace: 'rollcall', resources: ['base'] })),
      'discovery-dns',
    )
    t.match(spec.ports, [
      { port: 53, protocol: 'UDP' },
      { port: 53, protocol: 'TCP' },
    ])
    t.match(readme, /get service discovery-dns/)
  })

  t.test('the keys that it makes are those that each Secret has to hold', async (t) => {
    const { folder: keys, env } = installOnPath(t)
    await run('sh', ['-ec', findBlock('sh', 'rollcall key new')], { cwd: keys, env })
    const purposes = (program: string): string[] =>
      readKeyringFile(join(keys, `${program}.keyring`)).map((key) => describeKey(key).replace(/\/[^/]+\//, ' '))
    t.strictSame(
      purposes('discovery').toSorted(),
      ['answer', 'classic', 'site', 'web'].flatMap((cluster) => [`${cluster} call`, `${cluster} roll`]),
    )
    t.strictSame(purposes('answer'), ['answer root'])
    t.strictSame(purposes('web'), ['web root'])
    t.strictSame(purposes('client'), ['answer call', 'web call', 'site call'])
    t.strictSame(purposes('site'), ['site roll:site'])
    t.strictSame(purposes('gate'), ['classic roll:classic'])
    const manifests = await renderKustomization({ namespace: 'rollcall', resources: ['overlays/keys'] })
    const secrets = readWorkloads(manifests)
      .flatMap(({ spec }) => spec.template.spec.volumes)
      .flatMap(({ secret }) => (secret === undefined ? [] : [String(Object(secret).secretName)]))
    const [, programs = ''] =
      /for program in ([a-z ]+); do\n.*create secret/.exec(findBlock('sh', 'create secret')) ?? []
    t.strictSame(
      secrets.toSorted(),
      programs
        .split(' ')
        .map((program) => `keys-${program}`)
        .toSorted(),
    )
  })
}
