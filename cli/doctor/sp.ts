// A daemon over SP, as a service would dial it: whether its name is known, whether SP answers there, and whether the keys of this
// environment open it.

import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'

import type { Errand, Keyring } from '../../messaging/keys/keyring.ts'
import type { Key } from '../../messaging/keys/key.ts'
import { formatHostPort } from '../../messaging/sp/address.ts'
import type { Engine } from '../../messaging/sp/engine.ts'
import { describeFailure } from '../asking/daemon-client.ts'
import type { Finding } from './finding.ts'
import { fine, wrong } from './finding.ts'
import type { SpPlace } from './places.ts'
import { probePort } from './port-probe.ts'

/** Of one name; a service dials all of them. */
const maxAddresses = 16

/** Longer than a handshake takes on a machine that is busy. */
const handshakeTimeoutMs = 3000

export interface SpCheckOptions {
  readonly engine: Engine
  readonly keyring: Keyring | undefined
  /** What the service of this environment is called. */
  readonly serviceName: string | undefined
}

export async function checkSp(place: SpPlace, options: SpCheckOptions): Promise<Finding[]> {
  if (isIP(place.host) !== 0) return [await checkPort(place, formatHostPort(place), options)]
  let hosts: string[]
  try {
    hosts = [...new Set((await lookup(place.host, { all: true })).map(({ address }) => address))]
  } catch (error) {
    const advice = 'correct DISCOVERY_HOST, or run this where the name is known: on the network of the daemons'
    return [wrong('name', `${place.host}: ${describeFailure(error)}`, advice)]
  }
  const known = fine('name', `${place.host} is ${hosts.join(', ')}`)
  // Of a name with addresses of both families a service dials those of IPv4.
  const dialled = hosts.some((host) => isIP(host) === 4) ? hosts.filter((host) => isIP(host) === 4) : hosts
  const checks = dialled.slice(0, maxAddresses).map((host) => {
    const at = { host, port: place.port }
    return checkPort(at, dialled.length === 1 ? formatHostPort(place) : `${formatHostPort(place)} at ${host}`, options)
  })
  return [known, ...(await Promise.all(checks))]
}

async function checkPort(place: SpPlace, shown: string, options: SpCheckOptions): Promise<Finding> {
  const { keyring } = options
  let answer
  try {
    answer = await probePort(place)
  } catch (error) {
    const advice =
      'start the daemon there, or correct DISCOVERY_HOST and DISCOVERY_PORT; where its SP port is published nowhere, run this beside a service'
    return wrong('sp', `${shown}: nobody answers (${describeFailure(error)})`, advice)
  }
  switch (answer) {
    case 'http': {
      const advice = 'DISCOVERY_PORT is the SP port of the daemon: its PORT, 5555 by default'
      return wrong('sp', `${shown}: HTTP answers there, and no SP`, advice)
    }
    case 'sp':
      return keyring === undefined ? fine('sp', `${shown}: SP, open to all`) : explainNeedless(shown)
    case 'tls':
    case 'closed':
      return keyring === undefined ? explainMissing(shown, answer) : checkKeys(place, shown, keyring, options)
    default: {
      const advice = 'see what listens there; DISCOVERY_PORT is the PORT of the daemon, 5555 by default'
      return wrong('sp', `${shown}: what listens there does not speak SP`, advice)
    }
  }
}

function explainNeedless(shown: string): Finding {
  const advice = 'give the daemon a key as well, or unset ROLLCALL_KEY and ROLLCALL_KEYRING here'
  return wrong('sp', `${shown}: the daemon has no key, and what has one here does not speak to it in clear`, advice)
}

function explainMissing(shown: string, answer: 'tls' | 'closed'): Finding {
  const advice = 'set ROLLCALL_KEY, or ROLLCALL_KEYRING to a file with one; `rollcall key derive` makes it'
  if (answer === 'tls') return wrong('sp', `${shown}: TLS answers there, and no key is set here`, advice)
  return wrong(
    'sp',
    `${shown}: hangs up on who speaks in clear, as a daemon with keys does, and no key is set here`,
    advice,
  )
}

async function checkKeys(place: SpPlace, shown: string, keyring: Keyring, options: SpCheckOptions): Promise<Finding> {
  const errand = errandOf(keyring.keys[0], options.serviceName)
  const speaker = keyring.speakFor(errand)
  if (speaker === undefined) {
    const advice = `it takes a key of purpose roll:${options.serviceName} or member, of that cluster or of the fleet`
    return wrong('keys', `no key here may put ${options.serviceName} on the roll`, advice)
  }
  const refusal = await shakeHands(place, keyring, errand, options.engine)
  const as = speaker.identity
  if (refusal === undefined) return fine('sp', `${shown}: SP over TLS, as ${as}`)
  if (refusal === 'not-tls') return explainNeedless(shown)
  if (refusal === 'no answer in time')
    return wrong('sp', `${shown}: no handshake within ${handshakeTimeoutMs} ms`, 'see what listens there, and its log')
  const advice =
    'call' in errand
      ? 'the daemon lets callers in where its keyring has their `call` key as well; without it, ask it over HTTP'
      : 'the daemon holds another key: compare both with `rollcall key show`; its log names who it refused'
  return wrong('sp', `${shown}: the key ${as} is refused (${refusal})`, advice)
}

/** What a service would dial for; who is none, what its first key is for. */
function errandOf(key: Key | undefined, serviceName: string | undefined): Errand {
  if (serviceName !== undefined) return { answerFor: serviceName }
  const cluster = key?.cluster ?? '*'
  const purpose = key?.purpose ?? 'root'
  if (purpose === 'call') return { call: cluster }
  return purpose.startsWith('roll:') ? { answerFor: purpose.slice('roll:'.length) } : { answerForAllOf: cluster }
}

/** Undefined when it succeeded, else why it did not. */
async function shakeHands(
  place: SpPlace,
  keyring: Keyring,
  errand: Errand,
  engine: Engine,
): Promise<string | undefined> {
  let attached = () => {}
  const isAttached = new Promise<undefined>((resolve) => (attached = () => resolve(undefined)))
  const requester = engine.createRequester({ onAttach: attached })
  const endsAtMs = performance.now() + handshakeTimeoutMs
  let timer: NodeJS.Timeout | undefined
  const isRefused = new Promise<string>((resolve) => {
    timer = setInterval(() => {
      const [reason] = Object.keys(requester.counters().rejected)
      if (reason !== undefined) resolve(reason)
      else if (performance.now() > endsAtMs) resolve('no answer in time')
    }, 20)
  })
  try {
    engine.dial(`tls+tcp://${formatHostPort(place)}`, requester, { credentials: keyring.dialCredentials(errand) })
    return await Promise.race([isAttached, isRefused])
  } finally {
    clearInterval(timer)
    await requester.close()
  }
}
