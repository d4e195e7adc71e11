// The real Prometheus finds those on the roll by its HTTP service discovery, scrapes the daemon, and forgets who has left.

import type { Test } from 'tap'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { z } from 'zod'
import { openDaemon } from '../../discovery/daemon.ts'
import { createSpEngine } from '../../messaging/sp/engines/sp.ts'
import { freePort } from '../cli/http-server.ts'
import { requireTool } from '../fixtures/require-tool.ts'
import { run } from './program.ts'

const token = 'a-token-of-the-fleet'

const targetsSchema = z.object({
  data: z.object({
    activeTargets: z.array(
      z.object({
        labels: z.record(z.string(), z.string()),
        discoveredLabels: z.record(z.string(), z.string()),
        health: z.enum(['up', 'down', 'unknown']),
        lastError: z.string(),
      }),
    ),
  }),
})

const querySchema = z.object({
  data: z.object({
    result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) })),
  }),
})

/** Asks until it is so, as Prometheus asks in its own time. */
async function until<Found>(ask: () => Promise<Found>, isSo: (found: Found) => boolean): Promise<Found> {
  const untilMs = Date.now() + 90_000
  for (;;) {
    const found = await ask()
    if (isSo(found)) return found
    if (Date.now() > untilMs) throw new Error(`it did not become so: ${JSON.stringify(found)}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

async function openFleet(t: Test) {
  const daemon = await openDaemon({
    port: 0,
    httpPort: 0,
    httpHost: '127.0.0.1',
    httpToken: token,
    warmupMs: 0,
    intervalMs: 50,
    deadlineMs: 5_000,
  })
  const engine = createSpEngine()
  t.teardown(async () => {
    await engine.close()
    await daemon.close()
  })
  return {
    daemon,
    add(line: object) {
      const respondent = engine.createRespondent(() => Buffer.from(JSON.stringify(line)))
      engine.dial(daemon.spAddress.replace('*', '127.0.0.1'), respondent)
      return respondent
    },
  }
}

async function openPrometheus(t: Test, scrapeConfigs: readonly object[]) {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-prometheus-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const config = join(folder, 'prometheus.yml')
  // JSON is YAML.
  writeFileSync(
    config,
    JSON.stringify({ global: { scrape_interval: '500ms', scrape_timeout: '500ms' }, scrape_configs: scrapeConfigs }),
  )
  const address = `127.0.0.1:${await freePort()}`
  const program = run(
    t,
    'prometheus',
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=${address}`,
  )
  await program.printed('Server is ready to receive web requests')
  async function get<Body>(path: string, schema: z.ZodType<Body>): Promise<Body> {
    return schema.parse(await (await fetch(`http://${address}/api/v1/${path}`)).json())
  }
  return {
    targets: async () => (await get('targets?state=active', targetsSchema)).data.activeTargets,
    query: async (text: string) => (await get(`query?query=${encodeURIComponent(text)}`, querySchema)).data.result,
  }
}

t.test(
  'by http_sd_configs it finds who is there, scrapes the daemon with its token, and drops who leaves',
  async (t) => {
    if (!requireTool(t, 'prometheus', 'prometheus')) return
    const fleet = await openFleet(t)
    const { host: daemonAddress, port } = new URL(fleet.daemon.httpUrl)
    fleet.add({
      service: 'discovery',
      id: 'd1',
      address: `http://127.0.0.1:${port}`,
      zone: 'eu-1a',
      tags: ['metrics', 'blue'],
      meta: { team: 'core' },
    })
    const leaver = fleet.add({
      service: 'web',
      id: 'web-1',
      address: `http://127.0.0.1:${await freePort()}`,
      tags: ['metrics'],
    })
    fleet.add({ service: 'quiet', id: 'q1', address: 'tcp://127.0.0.1:9' })

    // Some versions send the bare credentials to http_sd_configs where the type is left to its default.
    const authorization = { type: 'Bearer', credentials: token }
    const url = `${fleet.daemon.httpUrl}/sd/prometheus?tag=metrics`
    const prometheus = await openPrometheus(t, [
      {
        job_name: 'fleet',
        http_sd_configs: [{ url, refresh_interval: '500ms', authorization }],
        authorization,
        relabel_configs: ['service', 'zone', 'tags', 'meta_team'].map((name) => ({
          source_labels: [`__meta_rollcall_${name}`],
          target_label: name,
        })),
      },
    ])

    const found = await until(
      prometheus.targets,
      (targets) => targets.length === 2 && targets.some(({ health }) => health === 'up'),
    )
    const discovery = found.find(({ labels }) => labels['service'] === 'discovery')
    t.match(discovery, {
      health: 'up',
      labels: { job: 'fleet', instance: daemonAddress, zone: 'eu-1a', tags: ',metrics,blue,', meta_team: 'core' },
      discoveredLabels: { __meta_rollcall_id: 'd1', __meta_rollcall_status: 'passing', __meta_rollcall_state: 'alive' },
    })

    const values = await until(
      () => prometheus.query('rollcall_services'),
      ([first]) => first?.value[1] === '3',
    )
    t.match(values, [{ metric: { service: 'discovery', instance: daemonAddress } }])
    const rounds = await until(
      () => prometheus.query('histogram_quantile(0.99, rate(rollcall_round_duration_seconds_bucket[30s])) > 0'),
      (result) => result.length === 1,
    )
    t.equal(rounds.length, 1)
    const alive = await prometheus.query('rollcall_instances{exported_service="web",state="alive"}')
    t.equal(alive[0]?.value[1], '1')

    await leaver.close()
    const left = await until(prometheus.targets, (targets) => targets.length === 1)
    t.equal(left[0]?.labels['service'], 'discovery')
  },
)
