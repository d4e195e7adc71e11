// One container on the roll: a line for each of its ports, with the status that Docker's health check and its own checks come to.

import type {
  Check,
  Clock,
  JoinLog,
  ProviderStatus,
  Speaking,
  SpeakingHandle,
  SpokenFor,
} from '../../messaging/index.ts'
import type { ContainerFacts } from './engine.ts'
import type { CheckPlan, PortPlan } from './labels.ts'
import { createHttpProbe, createTcpProbe, openCheck } from '../../messaging/index.ts'
import { chooseAddress } from './address.ts'
import { readLabels } from './labels.ts'

export interface WatchedOptions {
  readonly speaking: Speaking
  readonly clock: Clock
  readonly log: JoinLog
  /** The engine's name: the first part of an id, as Registrator has it. */
  readonly engineName: string
  /** Of containers that name none. */
  readonly zone: string
  readonly sharedNetworks: ReadonlySet<string> | undefined
}

interface Line {
  /** Service, place and check as text: when it is another one, so is the line. */
  readonly key: string
  readonly handle: SpeakingHandle
  readonly check: Check | undefined
  provider: Omit<SpokenFor, 'status'>
}

export class WatchedContainer {
  readonly #options: WatchedOptions
  readonly #lines = new Map<number, Line>()
  #facts: ContainerFacts | undefined
  #isStopping = false
  #complaints = ''

  constructor(options: WatchedOptions) {
    this.#options = options
  }

  /** What the engine says of it now. */
  update(facts: ContainerFacts): void {
    if (facts.startedAt !== this.#facts?.startedAt) this.#isStopping = false
    this.#facts = facts
    const { ports, wrong } = readLabels(facts)
    const complaints = [...wrong]
    const wanted = facts.isRunning ? ports : []
    for (const port of this.#lines.keys()) if (!wanted.some((plan) => plan.port === port)) this.#remove(port)
    for (const plan of wanted) {
      try {
        const reason = this.#say(facts, plan)
        if (reason !== undefined) complaints.push(reason)
      } catch (error) {
        this.#remove(plan.port)
        complaints.push(`port ${plan.port}: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
    this.#complain(facts, complaints)
  }

  /** It was asked to end, and takes what it has begun to its end. */
  drain(): void {
    this.#isStopping = true
    for (const line of this.#lines.values()) this.#tell(line)
  }

  isAskedToStop(signal: number | undefined): boolean {
    return signal !== undefined && (signal === this.#facts?.stopSignal || signal === 15 || signal === 9)
  }

  /** Looks at it no more. What was said of it last stays said. */
  close(): void {
    for (const { check } of this.#lines.values()) check?.close()
  }

  /** It does not run any more. */
  remove(): void {
    for (const port of this.#lines.keys()) this.#remove(port)
  }

  /** Gives a reason why it cannot be said. */
  #say(facts: ContainerFacts, plan: PortPlan): string | undefined {
    const { sharedNetworks, speaking } = this.#options
    const chosen = chooseAddress(facts, { wanted: plan.network, shared: sharedNetworks })
    if ('reason' in chosen) {
      this.#remove(plan.port)
      return chosen.reason
    }
    const provider = this.#describe(facts, plan, chosen.host)
    const key = JSON.stringify([plan.service, chosen.host, plan.check])
    const known = this.#lines.get(plan.port)
    if (known?.key === key) {
      known.provider = provider
      this.#tell(known)
      return undefined
    }
    this.#remove(plan.port)
    const handle = speaking.say({ ...provider, status: this.#status(plan.check ? 'critical' : 'passing') })
    const check = plan.check && this.#openCheck(plan, plan.check, chosen.host)
    this.#lines.set(plan.port, { key, handle, check, provider })
    return undefined
  }

  #describe(facts: ContainerFacts, plan: PortPlan, host: string): Omit<SpokenFor, 'status'> {
    const { engineName, zone } = this.#options
    const { service, port, protocol, id, tags, version, weight, meta } = plan
    return {
      service,
      id: id ?? `${engineName}:${facts.name}:${port}`,
      protocol,
      host,
      port,
      zone: plan.zone ?? zone,
      version,
      ...(weight !== undefined && { weight }),
      tags,
      meta,
      boot: `${facts.id.slice(0, 12)}-${Date.parse(facts.startedAt) || 0}`,
    }
  }

  #openCheck({ port }: PortPlan, { http, tcp, intervalMs, timeoutMs }: CheckPlan, host: string): Check {
    // On the network of the host it is here.
    const place = { host: host === '' ? '127.0.0.1' : host, port }
    const authority = place.host.includes(':') ? `[${place.host}]` : place.host
    const url = http?.startsWith('/') ? `http://${authority}:${port}${http}` : http
    return openCheck({
      probe: url === undefined || tcp ? createTcpProbe(place) : createHttpProbe(url),
      clock: this.#options.clock,
      ...(intervalMs !== undefined && { intervalMs }),
      ...(timeoutMs !== undefined && { timeoutMs }),
      onChange: ({ status, reason }) => {
        const { log } = this.#options
        log.info({ container: this.#facts?.name, port, status, ...(reason && { reason }) }, 'check')
        const line = this.#lines.get(port)
        if (line) this.#tell(line)
      },
    })
  }

  #tell({ handle, check, provider }: Line): void {
    handle.update({ ...provider, status: this.#status(check?.state.status ?? 'passing') })
  }

  /** The worst of what is known of it. */
  #status(checked: ProviderStatus): ProviderStatus {
    const { isPaused = false, health } = this.#facts ?? {}
    if (this.#isStopping) return 'draining'
    if (isPaused || (health !== undefined && health !== 'healthy')) return 'critical'
    return checked
  }

  #remove(port: number): void {
    const line = this.#lines.get(port)
    if (!line) return
    this.#lines.delete(port)
    line.check?.close()
    line.handle.remove()
  }

  /** Once for each thing that is wrong with it, and not at each look. */
  #complain({ name }: ContainerFacts, complaints: readonly string[]): void {
    const all = complaints.join('; ')
    if (all === this.#complaints) return
    this.#complaints = all
    for (const reason of complaints) this.#options.log.warn({ container: name, reason }, 'not on the roll as labelled')
  }
}
