// Asks one URL again and again over one kept connection, back to back: when did its answer change?

import type { Agent } from 'node:http'
import { get } from 'node:http'

export interface HttpAnswer {
  readonly status: number
  readonly body: string
}

export function askHttp(agent: Agent, port: number, path: string): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    get({ agent, port, host: '127.0.0.1', path }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (body += chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
    }).on('error', reject)
  })
}

/** Milliseconds from `sinceMs` until an answer is so; fails after `withinMs`. */
export async function pollUntil(
  ask: () => Promise<HttpAnswer>,
  isSo: (answer: HttpAnswer) => boolean,
  sinceMs: number,
  withinMs: number,
): Promise<number> {
  for (;;) {
    const answer = await ask().catch((): HttpAnswer => ({ status: 0, body: '' }))
    const tookMs = performance.now() - sinceMs
    if (isSo(answer)) return tookMs
    if (tookMs > withinMs) throw new Error(`not so within ${withinMs} ms: ${answer.status} ${answer.body}`)
    if (answer.status === 0) await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

export async function untilReady(agent: Agent, port: number): Promise<void> {
  await pollUntil(
    () => askHttp(agent, port, '/ready'),
    ({ status }) => status === 200,
    performance.now(),
    30_000,
  )
}

/** Waits until so many are alive. */
export async function untilAlive(agent: Agent, port: number, count: number, withinMs = 60_000): Promise<number> {
  const isSo = ({ body }: HttpAnswer) => body !== '' && Object(JSON.parse(body)).counts?.alive === count
  return pollUntil(() => askHttp(agent, port, '/health'), isSo, performance.now(), withinMs)
}
