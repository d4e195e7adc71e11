// A daemon over HTTP: whether one answers at a URL, whether it knows who is here, and whether its clock agrees with ours.

import { z } from 'zod'
import type { DaemonReply } from '../asking/daemon-client.ts'
import { askDaemons, describeFailure } from '../asking/daemon-client.ts'
import { formatDuration } from '../terminal/duration.ts'
import type { Terminal } from '../terminal/terminal.ts'
import type { Finding } from './finding.ts'
import { fine, wrong } from './finding.ts'
import type { PortAnswer } from './port-probe.ts'
import { probePort } from './port-probe.ts'

const healthSchema = z.looseObject({
  status: z.enum(['ok', 'warming-up', 'frozen']),
  version: z.string(),
  round: z.number(),
})

export interface HttpCheck {
  readonly findings: readonly Finding[]
  /** The roll can be asked for there. */
  readonly isUsable: boolean
}

/** Twice what a clock is off that anybody looks after, and the second to which a Date header is exact. */
const maxSkewMs = 5000

export async function checkHttp(url: string, env: Terminal['env']): Promise<HttpCheck> {
  let reply: DaemonReply
  const sentAtMs = Date.now()
  try {
    reply = await askDaemons([url], '/health', { env })
  } catch (error) {
    return { findings: [await explainFailure(url, error)], isUsable: false }
  }
  const receivedAtMs = Date.now()
  const state = judgeReply(reply)
  if (!state.isUsable || reply.dateMs === undefined) return state
  // Cut off to the second, so half a second early on average.
  const skewMs = reply.dateMs + 500 - (sentAtMs + receivedAtMs) / 2
  const slackMs = maxSkewMs + (receivedAtMs - sentAtMs)
  return { ...state, findings: [...state.findings, judgeClock(url, skewMs, slackMs)] }
}

function judgeReply(reply: DaemonReply): HttpCheck {
  const { url } = reply
  const health = healthSchema.safeParse(reply.body)
  if (!health.success) return { findings: [somethingElse(url)], isUsable: false }
  const { status, version, round } = health.data
  return { findings: [judgeStatus(`${url}: daemon ${version}, round ${round}`, status)], isUsable: true }
}

function judgeStatus(about: string, status: z.infer<typeof healthSchema>['status']): Finding {
  if (status === 'ok') return fine('http', `${about}, knows who is here`)
  if (status === 'warming-up') {
    const advice =
      'wait until WARMUP has passed and a round has ended; it stays so while nobody is connected to it that was before'
    return wrong('http', `${about}, is warming up: it does not say "nobody" yet`, advice)
  }
  const advice = 'see `rollcall rounds` for who fell silent; if they are gone for good, FREEZE ends it by itself'
  return wrong('http', `${about}, has frozen removals: more than half of the roll fell silent at once`, advice)
}

function judgeClock(url: string, skewMs: number, slackMs: number): Finding {
  if (Math.abs(skewMs) <= slackMs) return fine('clock', `${url}: the same time as here`)
  const how = `${formatDuration(Math.abs(skewMs))} ${skewMs > 0 ? 'ahead of' : 'behind'} the clock here`
  return wrong(
    'clock',
    `${url}: its clock is ${how}`,
    'set both by NTP: times in lists and logs mislead, and certificates may fail',
  )
}

function somethingElse(url: string): Finding {
  const advice = 'name the HTTP port of a daemon (its HTTP_PORT, 8500 by default) in --daemon or ROLLCALL_URL'
  return wrong('http', `${url}: something answers there over HTTP that is no Rollcall daemon`, advice)
}

async function explainFailure(url: string, error: unknown): Promise<Finding> {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  const failure = describeFailure(cause)
  if (failure.startsWith('not a Rollcall daemon')) return somethingElse(url)
  const { hostname, port, protocol } = new URL(url)
  const place = { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port || (protocol === 'https:' ? 443 : 80)) }
  const answer = await probePort(place).catch(() => undefined)
  if (protocol === 'https:' && answer !== undefined && answer !== 'sp') return explainTls(url, failure, answer)
  return explainAnswer(url, failure, answer)
}

function explainTls(url: string, failure: string, answer: PortAnswer): Finding {
  if (answer === 'http')
    return wrong('http', `${url}: HTTP answers there without TLS`, 'write http:// instead of https://')
  const advice =
    'where an authority of your own signed its certificate, set NODE_EXTRA_CA_CERTS to the file of that; the certificate has to be for the name in the URL'
  return wrong('http', `${url}: TLS comes to nothing (${failure})`, advice)
}

function explainAnswer(url: string, failure: string, answer: PortAnswer | undefined): Finding {
  const ports = 'HTTP has a port of its own: the HTTP_PORT of the daemon, 8500 by default'
  if (answer === 'sp') return wrong('http', `${url}: that is the SP port, and no HTTP`, ports)
  if (answer === 'tls' || answer === 'closed') {
    const advice = `where the daemon has HTTP_TLS_CERT, write https://; the SP port of a fleet with keys does this as well, and ${ports}`
    return wrong('http', `${url}: what listens there does not take HTTP in clear (${failure})`, advice)
  }
  if (answer !== undefined) {
    const advice = 'something listens there: see that it is the daemon, and not a proxy in front of one that is away'
    return wrong('http', `${url}: connected, but no answer over HTTP (${failure})`, advice)
  }
  const advice =
    'start one with `rollcall daemon`, or name where one is with --daemon or ROLLCALL_URL; from another container that is its name, not localhost'
  return wrong('http', `${url}: nobody answers (${failure})`, advice)
}
