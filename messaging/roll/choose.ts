// The one choice that every door makes: which provider of a name is handed out. DESIGN.md section 4, "What is handed out".
// A plan holds whoever may be drawn under one filter; drawing from it costs the same for one instance and for thousands.

import semver from 'semver'
import type { ProviderStatus } from './answer.ts'
import { planWeightedDraw } from './weighted-draw.ts'

/** What a choice rests on; the daemon's registry and those who follow it each have more. */
export interface Choosable {
  readonly state: 'alive' | 'suspect'
  /** Its pipe is closed: the last to be handed out. */
  readonly detached: boolean
  readonly status: ProviderStatus
  readonly protocol: string
  readonly zone: string
  readonly version: string
  readonly weight: number
  readonly tags: readonly string[]
}

export interface ChoiceFilter {
  /** Only this zone. */
  readonly zone?: string
  /** This zone if it has anyone, else the others. */
  readonly near?: string
  /** All of these; `!tag` excludes. */
  readonly tags?: readonly string[]
  /** A semver range; an instance without a valid version never matches. */
  readonly version?: string
  /** One of these, as they stand before the `://` of an address. */
  readonly protocols?: readonly string[]
}

/** `UNKNOWN_SERVICE` never heard of, `NO_MATCH` emptied by a filter, `NONE_PASSING` all critical or draining. */
export interface NoChoice {
  readonly outcome: 'UNKNOWN_SERVICE' | 'NO_MATCH' | 'NONE_PASSING'
}

const refusals: Readonly<Record<NoChoice['outcome'], (service: string) => string>> = Object.freeze({
  UNKNOWN_SERVICE: (service) => `no service named "${service}" is on the roll`,
  NO_MATCH: (service) => `"${service}" is on the roll, but no provider matches the filters`,
  NONE_PASSING: (service) => `every provider of "${service}" is critical or draining`,
})

/** The sentence for people that every door says. */
export function describeNoChoice(service: string, { outcome }: NoChoice): string {
  return refusals[outcome](service)
}

/** Outcomes are values. */
export type Choice<Instance> = { readonly outcome: 'PROVIDER'; readonly instance: Instance } | NoChoice

/** Everyone who may be drawn, in stable order; refused as a `Choice` is. */
export type WideChoice<Instance> = { readonly outcome: 'PROVIDERS'; readonly instances: readonly Instance[] } | NoChoice

export interface Plan<Instance> {
  /** Draws one of those that a filter leaves, each time anew. */
  draw(random: () => number): Choice<Instance>
  /** All of those: the same object for as long as the plan holds, so that what is made of it can be kept with it. */
  readonly all: WideChoice<Instance>
}

function refuse(outcome: NoChoice['outcome']): Plan<never> {
  const choice = Object.freeze({ outcome })
  return { draw: () => choice, all: choice }
}

/** The order in which providers are handed out: the first group that is not empty. */
const tiers: readonly ((instance: Choosable) => boolean)[] = [
  (instance) => instance.state === 'alive' && instance.status === 'passing',
  (instance) => instance.state === 'alive' && instance.status === 'warning',
  (instance) => instance.state === 'suspect' && !instance.detached && instance.status === 'passing',
  (instance) => instance.state === 'suspect' && !instance.detached && instance.status === 'warning',
  (instance) => instance.detached && (instance.status === 'passing' || instance.status === 'warning'),
]

export function planChoice<Instance extends Choosable>(
  instances: readonly Instance[],
  filter: ChoiceFilter = {},
): Plan<Instance> {
  if (instances.length === 0) return refuse('UNKNOWN_SERVICE')
  const matching = instances.filter((instance) => isMatch(instance, filter))
  if (matching.length === 0) return refuse('NO_MATCH')
  for (const isInTier of tiers) {
    const tier = matching.filter(isInTier)
    if (tier.length > 0) return planDraw(prefer(tier, ({ zone }) => filter.near !== undefined && zone === filter.near))
  }
  return refuse('NONE_PASSING')
}

/** Whether a filter leaves it in. */
export function isMatch(
  instance: Pick<Choosable, 'protocol' | 'zone' | 'version' | 'tags'>,
  { zone, tags = [], version, protocols }: ChoiceFilter,
): boolean {
  if (protocols !== undefined && !protocols.includes(instance.protocol)) return false
  if (zone !== undefined && instance.zone !== zone) return false
  if (version !== undefined && !semver.satisfies(instance.version, version)) return false
  return tags.every((tag) =>
    tag.startsWith('!') ? !instance.tags.includes(tag.slice(1)) : instance.tags.includes(tag),
  )
}

/** Those that are preferred, if there are any. */
function prefer<Instance>(
  instances: readonly Instance[],
  isPreferred: (instance: Instance) => boolean,
): readonly Instance[] {
  const preferred = instances.filter(isPreferred)
  return preferred.length > 0 ? preferred : instances
}

function planDraw<Instance extends Choosable>(tier: readonly Instance[]): Plan<Instance> {
  const drawn = prefer(tier, ({ weight }) => weight > 0)
  const choices = drawn.map((instance): Choice<Instance> => Object.freeze({ outcome: 'PROVIDER', instance }))
  const drawIndex = planWeightedDraw(drawn.map(({ weight }) => weight))
  return {
    draw: (random) => choices[drawIndex(random)] ?? { outcome: 'NONE_PASSING' },
    all: Object.freeze({ outcome: 'PROVIDERS', instances: drawn }),
  }
}
