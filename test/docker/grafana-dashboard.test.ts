// The dashboard asks for what /metrics gives: every name and label in every query, and every metric of ours is on some panel.

import { readFileSync } from 'node:fs'
import t from 'tap'
import { z } from 'zod'
import { openDaemon } from '../../discovery/daemon.ts'

const dashboardSchema = z.object({
  panels: z.array(
    z.object({
      title: z.string(),
      targets: z.array(z.object({ expr: z.string() })).min(1),
      gridPos: z.object({ x: z.int(), y: z.int(), w: z.int(), h: z.int() }),
    }),
  ),
  templating: z.object({ list: z.array(z.object({ name: z.string(), query: z.string() })) }),
})

const { panels, templating } = dashboardSchema.parse(JSON.parse(readFileSync('docker/grafana-dashboard.json', 'utf8')))
const queries = [
  ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
  ...templating.list.map(({ query }) => query),
]

/** Of series that Prometheus itself adds when it scrapes. */
const addedLabels = ['job', 'instance']

const isOurs = (name: string) => /^(?:rollcall|process|nodejs)_/.test(name)

/** Metrics with the labels that their series have; undefined where there is no series yet. */
async function scrape(): Promise<Map<string, Set<string> | undefined>> {
  const daemon = await openDaemon({ port: 0, httpPort: 0, httpHost: '127.0.0.1', warmupMs: 0, intervalMs: 20 })
  t.teardown(() => daemon.close())
  daemon.reader.lookup('nobody')
  const text = await (await fetch(`${daemon.httpUrl}/metrics`)).text()
  const found = new Map<string, Set<string> | undefined>()
  for (const line of text.split('\n')) {
    const declared = /^# TYPE (\S+) (\S+)$/.exec(line)
    if (declared) {
      const [, name = '', type] = declared
      for (const suffix of type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''])
        found.set(name + suffix, undefined)
    }
    const series = /^([a-z_]+)(?:\{(.*)\})? \S+$/.exec(line)
    if (!series) continue
    const [, name = ''] = series
    const labels = found.get(name) ?? new Set()
    found.set(name, labels)
    for (const [, label = ''] of (series[2] ?? '').matchAll(/(\w+)="/g)) labels.add(label)
  }
  return found
}

t.test('every query asks for what there is, and everything there is can be seen', async (t) => {
  const metrics = await scrape()
  t.ok(metrics.size >= 25)
  const asked = new Set<string>()
  for (const query of queries) {
    for (const [, name = '', selector = ''] of query.matchAll(/\b([a-z]+_[a-z_]+)\b(?:\{([^}]*)\})?/g)) {
      if (!isOurs(name)) continue
      asked.add(name)
      const labels = metrics.get(name)
      t.ok(metrics.has(name), `${name} is a metric`)
      for (const [, label = ''] of selector.matchAll(/(\w+)\s*(?:=~|!=|!~|=)/g))
        t.ok(addedLabels.includes(label) || (labels?.has(label) ?? true), `${name} has the label ${label}`)
    }
  }
  const shown = new Set([...asked].map((name) => name.replace(/_(?:bucket|sum|count)$/, '')))
  for (const name of metrics.keys())
    t.ok(shown.has(name.replace(/_(?:bucket|sum|count)$/, '')), `${name} is on a panel`)
})

t.test('no panel lies on another, and each has a name of its own', async (t) => {
  t.equal(new Set(panels.map(({ title }) => title)).size, panels.length)
  const taken = new Set<string>()
  for (const { title, gridPos } of panels) {
    t.ok(gridPos.x + gridPos.w <= 24, title)
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1)
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
        t.notOk(taken.has(`${x} ${y}`), title)
        taken.add(`${x} ${y}`)
      }
  }
})
