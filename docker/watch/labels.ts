// What a container's labels, and Registrator's variables, say that it is: a service for each port. Pure. What makes no sense is told as a
// sentence, and costs nothing else.

import type { ContainerFacts } from './engine.ts'
import { readDuration } from '../../messaging/index.ts'
import { readOrigin } from './origin.ts'

export interface CheckPlan {
  /** A path on the port, or a whole URL. */
  readonly http: string | undefined
  readonly tcp: boolean
  readonly intervalMs: number | undefined
  readonly timeoutMs: number | undefined
}

/** What stands behind one port. Values are as written: whoever puts them on the roll checks them. */
export interface PortPlan {
  readonly service: string
  readonly port: number
  readonly protocol: string
  readonly id: string | undefined
  readonly tags: readonly string[]
  readonly version: string
  readonly weight: number | undefined
  readonly zone: string | undefined
  readonly meta: Readonly<Record<string, string>>
  readonly check: CheckPlan | undefined
  /** The network that its address is to be of. */
  readonly network: string | undefined
}

export interface LabelReading {
  readonly ports: readonly PortPlan[]
  /** Each a sentence. */
  readonly wrong: readonly string[]
}

const nothing: LabelReading = Object.freeze({ ports: [], wrong: [] })

/** Keys after `rollcall.` and `rollcall.<port>.`; `meta.` is followed by any word. */
const keys = [
  'service',
  'port',
  'protocol',
  'id',
  'tags',
  'version',
  'weight',
  'zone',
  'network',
  'ignore',
  'check.http',
  'check.tcp',
  'check.interval',
  'check.timeout',
] as const
type Key = (typeof keys)[number]

/** Registrator's names for them; any other is an attribute of its, and meta here. */
const registratorKeys: Readonly<Record<string, Key>> = Object.freeze({
  NAME: 'service',
  ID: 'id',
  TAGS: 'tags',
  IGNORE: 'ignore',
  VERSION: 'version',
  WEIGHT: 'weight',
  ZONE: 'zone',
  CHECK_HTTP: 'check.http',
  CHECK_TCP: 'check.tcp',
  CHECK_INTERVAL: 'check.interval',
  CHECK_TIMEOUT: 'check.timeout',
})

interface Setting {
  /** The label or the variable, as it is written. */
  readonly from: string
  /** Undefined: for every port. */
  readonly port: number | undefined
  /** A Key, or `meta.…`. */
  readonly key: string
  readonly value: string
}

export function readLabels(container: ContainerFacts): LabelReading {
  const { labels } = container
  const wrong: string[] = []
  const own = readOwnLabels(labels, wrong)
  // A program that knows where the daemons are answers for itself, and its variables are its own.
  const isOwnSpeaker = 'DISCOVERY_HOST' in container.env
  const registrator = [...readRegistrator(labels), ...(isOwnSpeaker ? [] : readRegistrator(container.env))]
  const settings = [...own, ...registrator]
  // One that `docker compose run` started has the labels of its service, and is not of it.
  const isIgnored = labels['com.docker.compose.oneoff'] === 'True' || isTrue(find(settings, undefined, 'ignore')?.value)
  if (settings.length === 0 || isIgnored) return { ...nothing, wrong }

  const basePort = readPort(find(settings, undefined, 'port')?.value, wrong)
  const ports = choosePorts(
    container,
    own.length > 0 ? own : registrator,
    { basePort, isRegistrators: own.length === 0 },
    wrong,
  )
  const kept = ports.filter((port) => !isTrue(find(settings, port, 'ignore')?.value))
  const plans = kept.map((port) => planPort(container, settings, port, kept.length > 1, wrong))
  // What is said of every port is wrong once.
  return { ports: plans, wrong: [...new Set(wrong)] }
}

function readOwnLabels(labels: Readonly<Record<string, string>>, wrong: string[]): Setting[] {
  const settings: Setting[] = []
  for (const [label, value] of Object.entries(labels)) {
    const [, digits, key = ''] = /^rollcall\.(?:(\d{1,5})\.)?(.+)$/s.exec(label) ?? []
    if (key === '') continue
    if (!keys.some((known) => known === key) && !/^meta\.\S+$/.test(key))
      wrong.push(
        `label ${label} is unknown; there are ${keys.map((known) => `rollcall.${known}`).join(', ')} and rollcall.meta.*`,
      )
    else
      settings.push({ from: label, port: digits === undefined ? undefined : Number(digits), key, value: value.trim() })
  }
  return settings
}

/** From labels or variables alike. */
function readRegistrator(source: Readonly<Record<string, string>>): Setting[] {
  return Object.entries(source).flatMap(([name, value]) => {
    const [, digits, word] = /^SERVICE_(?:(\d{1,5})_)?([A-Z][A-Z0-9_]*)$/.exec(name) ?? []
    if (word === undefined || value.trim() === '') return []
    const key = registratorKeys[word] ?? `meta.${word.toLowerCase().replace(/^meta_/, '')}`
    return [{ from: name, port: digits === undefined ? undefined : Number(digits), key, value: value.trim() }]
  })
}

/** That of the port before that of all; a label of ours before one of Registrator's. */
function find(settings: readonly Setting[], port: number | undefined, key: Key): Setting | undefined {
  const found = settings.filter((setting) => setting.key === key)
  return found.find((setting) => setting.port === port) ?? found.find((setting) => setting.port === undefined)
}

function choosePorts(
  { exposedPorts, labels }: ContainerFacts,
  settings: readonly Setting[],
  { basePort, isRegistrators }: { readonly basePort: number | undefined; readonly isRegistrators: boolean },
  wrong: string[],
): number[] {
  const named = new Set(settings.flatMap(({ port }) => (port === undefined ? [] : [port])))
  if (basePort !== undefined) named.add(basePort)
  // Registrator takes every port; ours takes those that are named, or the only one.
  const chosen = isRegistrators ? new Set([...named, ...exposedPorts]) : named.size > 0 ? named : new Set(exposedPorts)
  // A port that is none has been told of.
  if ('rollcall.port' in labels && basePort === undefined) return [...named]
  if (chosen.size === 0) wrong.push('no port is exposed: say which it listens on with the label rollcall.port')
  else if (!isRegistrators && named.size === 0 && chosen.size > 1) {
    const list = exposedPorts.join(', ')
    wrong.push(
      `the ports ${list} are exposed: say which with rollcall.port, or name each, as rollcall.${exposedPorts[0]}.service`,
    )
    return []
  }
  return [...chosen].toSorted((a, b) => a - b)
}

function planPort(
  container: ContainerFacts,
  settings: readonly Setting[],
  port: number,
  isOneOfMany: boolean,
  wrong: string[],
): PortPlan {
  const get = (key: Key) => find(settings, port, key)?.value
  const isNamed = settings.some((setting) => setting.port === port && setting.key === 'service')
  const base = get('service') ?? readOrigin(container.labels).service ?? nameOfImage(container.image)
  const weight = get('weight')
  return {
    service: isOneOfMany && !isNamed ? `${base}-${port}` : base,
    port,
    protocol: get('protocol') ?? 'tcp',
    id: get('id'),
    tags: splitTags(get('tags') ?? ''),
    version: get('version') ?? '',
    weight: weight === undefined ? undefined : Number(weight),
    zone: get('zone'),
    meta: readMeta(settings, port),
    check: readCheck((key) => find(settings, port, key), wrong),
    network: get('network'),
  }
}

/** `registry:5000/team/nginx:1.25` is nginx. */
function nameOfImage(image: string): string {
  return (image.split('/').at(-1) ?? '').replace(/[:@].*$/s, '')
}

/** A comma that belongs to a tag is written `\,` for Registrator; a tag of ours has none, and it becomes a dash. */
function splitTags(text: string): string[] {
  return text
    .split(/(?<!\\),/)
    .map((tag) => tag.replaceAll('\\,', '-').trim())
    .filter((tag) => tag !== '')
}

function readMeta(settings: readonly Setting[], port: number): Record<string, string> {
  const all = settings.filter(({ key }) => key.startsWith('meta.'))
  // Later ones win: what is said of the port over what is said of all, and ours over Registrator's.
  const ordered = [
    ...all.filter((setting) => setting.port === undefined).toReversed(),
    ...all.filter((setting) => setting.port === port).toReversed(),
  ]
  return Object.fromEntries(ordered.map(({ key, value }) => [key.slice('meta.'.length), value]))
}

function readCheck(get: (key: Key) => Setting | undefined, wrong: string[]): CheckPlan | undefined {
  const http = get('check.http')
  const tcp = isTrue(get('check.tcp')?.value)
  if (http === undefined && !tcp) return undefined
  if (http !== undefined && !/^(?:\/|https?:\/\/)/.test(http.value)) {
    wrong.push(`${http.from} is ${JSON.stringify(http.value)}, and neither a path such as /health nor a URL`)
    return undefined
  }
  return {
    http: http?.value,
    tcp,
    intervalMs: readMs(get('check.interval'), wrong),
    timeoutMs: readMs(get('check.timeout'), wrong),
  }
}

function readMs(setting: Setting | undefined, wrong: string[]): number | undefined {
  if (setting === undefined) return undefined
  const read = readDuration(setting.value)
  if ('ms' in read) return read.ms
  wrong.push(`${setting.from} is ${JSON.stringify(setting.value)}: ${read.reason}`)
  return undefined
}

function readPort(text: string | undefined, wrong: string[]): number | undefined {
  if (text === undefined) return undefined
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (port >= 1 && port <= 65_535) return port
  wrong.push(`rollcall.port is ${JSON.stringify(text)}, and not a port from 1 to 65535`)
  return undefined
}

function isTrue(text: string | undefined): boolean {
  return text !== undefined && /^(?:true|yes|1)$/i.test(text)
}
