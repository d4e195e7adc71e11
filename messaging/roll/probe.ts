// One look at whether a program is well: an HTTP request to it, or a TCP connection. What is made of many looks is check.ts.

import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { connect } from 'node:net'
import { formatHostPort } from '../sp/address.ts'

/** Gives `passing` or `warning`; fails with a reason that people can read, or with the signal's. */
export type Probe = (signal: AbortSignal) => Promise<'passing' | 'warning'>

/** 2xx is passing and 429 warning, as Consul has it; a redirect is an answer that is neither. Certificates are not verified: the
 * question is whether the program answers, and it is asked by address. */
export function createHttpProbe(url: string): Probe {
  const target = new URL(url)
  const request = target.protocol === 'https:' ? requestHttps : requestHttp
  return (signal) =>
    new Promise((resolve, reject) => {
      const asked = request(target, {
        signal,
        agent: false,
        rejectUnauthorized: false,
        headers: { 'user-agent': 'rollcall-check', connection: 'close' },
      })
      asked.once('error', reject)
      asked.once('response', (response) => {
        const { statusCode = 0 } = response
        response.on('error', () => {})
        // Its head says all; a body without an end is nobody's to wait for.
        response.destroy()
        if (statusCode >= 200 && statusCode < 300) resolve('passing')
        else if (statusCode === 429) resolve('warning')
        else reject(new Error(`${url} answered ${statusCode}`))
      })
      asked.end()
    })
}

export function createTcpProbe(place: { readonly host: string; readonly port: number }): Probe {
  return (signal) =>
    new Promise((resolve, reject) => {
      const socket = connect({ ...place, signal })
      socket.once('connect', () => {
        socket.destroy()
        resolve('passing')
      })
      socket.once('error', (cause) => {
        socket.destroy()
        reject(
          signal.aborted ? cause : new Error(`no connection to ${formatHostPort(place)}: ${cause.message}`, { cause }),
        )
      })
    })
}
