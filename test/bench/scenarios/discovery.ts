// Finding services beside other systems, each at its own recommended settings: who comes, leaves, is killed or hangs, a registry that starts
// anew, lookups, and what it costs to stand still. What is compared with what is in ../peers/discovery/.

import type { Contender } from '../discovery/contender.ts'
import type { AtSize, Scene } from '../discovery/measurements.ts'
import type { Row, Scenario, Verdict } from '../scenario.ts'
import { openContender } from '../discovery/contender.ts'
import { endVictims, joinAndLeave, measureAtSize, openScene, startVictims } from '../discovery/measurements.ts'
import { loadPeers, whatIsMissing } from '../peers/discovery/peers.ts'
import { atMost, reported } from '../scenario.ts'
import { median, percentile, spread } from '../statistics.ts'

interface Plan {
  readonly staying: number
  readonly cycles: number
  /** A system that takes longer for its cycles is not waited for. */
  readonly cyclesMs: number
  readonly killed: number
  readonly stopped: number
  readonly sizes: readonly number[]
  readonly seconds: number
  readonly restarts: number
}

const full: Plan = Object.freeze({
  staying: 12,
  cycles: 120,
  cyclesMs: 45_000,
  killed: 6,
  stopped: 5,
  sizes: [10, 100],
  seconds: 5,
  restarts: 3,
})

/** Without those whose settings make them wait for long. */
const quick: Plan = Object.freeze({
  staying: 2,
  cycles: 2,
  cyclesMs: 1_000,
  killed: 0,
  stopped: 0,
  sizes: [3],
  seconds: 0.5,
  restarts: 1,
})

interface Figures {
  readonly joinMs: number[]
  readonly leaveMs: number[]
  killMs: readonly number[]
  hangMs: readonly number[]
  readonly bySize: Map<number, AtSize>
  failure?: string
}

/** With enough samples for one. */
const samplesForP99 = 100

export const discovery: Scenario = {
  name: 'discovery',
  description: 'NATS services, Moleculer, cote, etcd leases, ZooKeeper: seen, unseen, restarted, looked up',
  timeoutMs: 1_200_000,
  async run({ isQuick, say }) {
    const plan = isQuick ? quick : full
    const notes: string[] = []
    const contenders: Contender[] = []
    for (const listed of await loadPeers()) {
      const missing = whatIsMissing(listed.peer)
      notes.push(`${listed.peer.name}: ${missing ?? `${listed.peer.settings}. Lookups: ${listed.peer.lookups}`}`)
      if (missing === undefined) contenders.push(await openContender(listed))
    }
    const figures = new Map(contenders.map((contender): [Contender, Figures] => [contender, noFigures()]))
    const scenes = await everyone(figures, (contender) => openScene(contender, plan.staying))
    say('all there')
    await takeTurns(plan, scenes, figures)
    say('joins and leaves done')
    await endAll(plan.killed, 'SIGKILL', scenes, figures)
    say('kills done')
    await endAll(plan.stopped, 'SIGSTOP', scenes, figures)
    say('hangs done')
    for (const { contender } of scenes) await contender.close()
    for (const count of plan.sizes) {
      for (const listed of await loadPeers()) {
        const contender = contenders.find(({ file }) => file === listed.file)
        const of = contender && figures.get(contender)
        if (!of || of.failure !== undefined) continue
        const fresh = await openContender(listed)
        await attempt(of, async () => {
          const restarts = count === plan.sizes.at(-1) ? plan.restarts : 0
          of.bySize.set(count, await measureAtSize(fresh, { count, seconds: plan.seconds, restarts }))
        })
        await fresh.close()
      }
      say(`${count} providers done`)
    }
    for (const [{ peer }, { failure }] of figures)
      if (failure !== undefined) notes.push(`${peer.name}: failed: ${failure}`)
    return {
      notes,
      rows: [...figures].flatMap(([{ peer }, of]) => rowsOf(peer.name, of)),
      verdicts: verdictsOf(figures),
    }
  },
}

function noFigures(): Figures {
  return { joinMs: [], leaveMs: [], killMs: [], hangMs: [], bySize: new Map() }
}

/** A system that fails is told of, and the others go on. */
async function attempt(of: Figures, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    of.failure ??= error instanceof Error ? error.message : String(error)
  }
}

async function everyone(
  figures: ReadonlyMap<Contender, Figures>,
  open: (contender: Contender) => Promise<Scene>,
): Promise<Scene[]> {
  const scenes: Scene[] = []
  for (const [contender, of] of figures) await attempt(of, async () => void scenes.push(await open(contender)))
  return scenes
}

/** One of each system, and again. The first of each only warms it up. */
async function takeTurns(
  { cycles, cyclesMs }: Plan,
  scenes: readonly Scene[],
  figures: ReadonlyMap<Contender, Figures>,
): Promise<void> {
  const spentMs = new Map<Scene, number>()
  for (let i = 0; i <= cycles; i += 1)
    for (const scene of scenes) {
      const of = figures.get(scene.contender)
      const spent = spentMs.get(scene) ?? 0
      if (!of || of.failure !== undefined || spent > cyclesMs) continue
      const startedAtMs = performance.now()
      await attempt(of, async () => {
        const { joinMs, leaveMs } = await joinAndLeave(scene, `comes-${i}`)
        if (i === 0) return
        of.joinMs.push(joinMs)
        of.leaveMs.push(leaveMs)
      })
      spentMs.set(scene, spent + performance.now() - startedAtMs)
    }
}

/** All systems at once: most of it is waiting. */
async function endAll(
  count: number,
  signal: 'SIGKILL' | 'SIGSTOP',
  scenes: readonly Scene[],
  figures: ReadonlyMap<Contender, Figures>,
): Promise<void> {
  const ids = Array.from({ length: count }, (_, i) => `${signal === 'SIGKILL' ? 'killed' : 'stopped'}-${i}`)
  const waiting = new Map<Contender, () => Promise<void>>()
  for (const scene of scenes) {
    const of = figures.get(scene.contender)
    if (!of || of.failure !== undefined || count === 0) continue
    await attempt(of, async () => {
      const victims = await startVictims(scene, ids)
      waiting.set(scene.contender, async () => {
        of[signal === 'SIGKILL' ? 'killMs' : 'hangMs'] = await endVictims(scene, victims, signal)
      })
    })
  }
  await Promise.all(
    [...waiting].map(async ([contender, work]) => {
      const of = figures.get(contender)
      if (of) await attempt(of, work)
    }),
  )
}

function rowsOf(name: string, { joinMs, leaveMs, killMs, hangMs, bySize }: Figures): Row[] {
  const times = {
    'joins → seen': joinMs,
    'leaves → unseen': leaveMs,
    'SIGKILL → unseen': killMs,
    'SIGSTOP → unseen': hangMs,
  }
  const rows = Object.entries(times).flatMap(([what, samples]) => timesOf(`${name}: ${what}`, samples))
  for (const [count, { restartMs, lookupsPerSecond, ...cpu }] of bySize) {
    rows.push(...timesOf(`${name}: restart → ${count} seen`, restartMs))
    rows.push({ what: `${name}: lookups with ${count}`, value: lookupsPerSecond, unit: '/s' })
    rows.push({ what: `${name}: CPU at rest with ${count}, server`, value: cpu.serverCpuMs, unit: 'ms/s' })
    rows.push({ what: `${name}: CPU at rest with ${count}, all providers`, value: cpu.providersCpuMs, unit: 'ms/s' })
    rows.push({ what: `${name}: CPU at rest with ${count}, observer`, value: cpu.observerCpuMs, unit: 'ms/s' })
  }
  return rows
}

function timesOf(what: string, times: readonly number[]): Row[] {
  if (times.length === 0) return []
  const samples = times.length
  const middle: Row = { what: `${what}, median`, value: median(times), unit: 'ms', spread: spread(times), samples }
  if (samples < samplesForP99)
    return [middle, { what: `${what}, largest`, value: Math.max(...times), unit: 'ms', samples }]
  return [middle, { what: `${what}, 99th percentile`, value: percentile(times, 0.99), unit: 'ms', samples }]
}

/** Ours by the best of the others. */
function verdictsOf(figures: ReadonlyMap<Contender, Figures>): Verdict[] {
  const [ours, ...others] = [...figures.values()]
  if (!ours) return []
  const restarts = ({ bySize }: Figures) => [...bySize.values()].flatMap(({ restartMs }) => restartMs)
  const first = (what: string, of: (figures: Figures) => readonly number[]) => {
    const best = Math.min(
      ...others
        .map(of)
        .filter(({ length }) => length > 0)
        .map(median),
    )
    return Number.isFinite(best) && of(ours).length > 0
      ? [{ what: `${what}: rollcall by the best of the others`, ratio: median(of(ours)) / best }]
      : []
  }
  return [
    ...first('joins → seen', ({ joinMs }) => joinMs).map(({ what, ratio }) => atMost(what, ratio, 1)),
    ...first('leaves → unseen', ({ leaveMs }) => leaveMs).map(({ what, ratio }) => atMost(what, ratio, 1)),
    ...first('restart → complete', restarts).map(({ what, ratio }) => atMost(what, ratio, 1)),
    ...first('SIGKILL → unseen', ({ killMs }) => killMs).map(({ what, ratio }) => reported(what, ratio)),
    ...first('SIGSTOP → unseen', ({ hangMs }) => hangMs).map(({ what, ratio }) => reported(what, ratio)),
  ]
}
