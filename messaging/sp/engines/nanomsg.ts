// The engine on npm nanomsg, an optional dependency: libnanomsg in C behind the same interface, every pattern and transport of it.
// It tells nothing about connections, so there are no pipes, no early end, and one socket to an address; rounds last their
// deadline. What else it lacks is an error to ask for: keys, PAIR v1, LINK, devices, and a PUB or BUS that waits.

import type { Clock } from '../clock.ts'
import type { Engine, Listener, ListenOptions, SendingOptions, SpSocket } from '../engine.ts'
import type { NanomsgLibrary } from './nanomsg/library.ts'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { formatHostPort, readAddress, readHostPort, splitPath } from '../address.ts'
import { systemClock } from '../clock.ts'
import { RollcallError } from '../error.ts'
import { checkPriority } from '../priority.ts'
import { LibraryAnswering } from './nanomsg/library-answering.ts'
import { LibraryDialer } from './nanomsg/library-dialer.ts'
import { LibraryPeer } from './nanomsg/library-peer.ts'
import { LibraryReceiver, LibrarySubscriber } from './nanomsg/library-receiver.ts'
import { LibraryRequester } from './nanomsg/library-requester.ts'
import { LibrarySender } from './nanomsg/library-sender.ts'
import { LibrarySocket } from './nanomsg/library-socket.ts'
import { LibrarySurveyor } from './nanomsg/library-surveyor.ts'

const transports = ['tcp', 'ipc', 'ws', 'inproc']
/** Ports that are tried where any will do: another program may be faster. */
const portAttempts = 5

export interface NanomsgEngineOptions {
  /** Default: the system's. The library has its own for reconnecting. */
  readonly clock?: Clock
}

/** Fails with `ENGINE_MISSING` where the package is not installed, or was not compiled. */
export function openNanomsgEngine({ clock = systemClock }: NanomsgEngineOptions = {}): Promise<Engine> {
  try {
    return Promise.resolve(createEngine(loadLibrary(), clock))
  } catch (error) {
    return Promise.reject(error)
  }
}

function loadLibrary(): NanomsgLibrary {
  try {
    const nanomsg: { readonly _bindings: NanomsgLibrary } = createRequire(import.meta.url)('nanomsg')
    return nanomsg['_bindings']
  } catch (error) {
    const advice = 'npm install nanomsg, with python3, make and a C++ compiler; or leave ROLLCALL_ENGINE at sp'
    throw new RollcallError('ENGINE_MISSING', `the nanomsg engine is not installed: ${advice}`, { cause: error })
  }
}

function createEngine(library: NanomsgLibrary, clock: Clock): Engine {
  const sockets = new Set<LibrarySocket>()

  function keep<S extends LibrarySocket>(socket: S): S {
    sockets.add(socket)
    socket.own({ close: () => Promise.resolve(void sockets.delete(socket)) })
    return socket
  }

  async function listen(
    address: string,
    given: SpSocket | readonly SpSocket[],
    { credentials, priority }: ListenOptions = {},
  ): Promise<Listener> {
    checkPriority(priority)
    checkScheme(address)
    // What was meant to be secret must not go in clear.
    if (credentials) lacks('keys')
    const shared: readonly SpSocket[] = Array.isArray(given) ? given : [given]
    const [only] = shared
    if (!only || shared.length > 1)
      throw new RollcallError('NOT_SUPPORTED', 'the nanomsg engine takes one socket to an address')
    const socket = ownSocket(only)
    const { endpoint, bound } = await bind(socket, address, priority)
    const listener: Listener = {
      address: bound,
      close() {
        library.Shutdown(socket.handle, endpoint)
        socket.disown(listener)
        return Promise.resolve()
      },
    }
    socket.own(listener)
    return listener
  }

  async function bind(
    socket: LibrarySocket,
    address: string,
    priority: number | undefined,
  ): Promise<{ readonly endpoint: number; readonly bound: string }> {
    for (let attempt = 1; ; attempt += 1) {
      const { bound, address: shown, isAnyPort } = await readBindAddress(address)
      if (socket.isClosed) throw new RollcallError('CLOSED', 'the socket was closed')
      socket.prepareEndpoint(address, priority)
      const endpoint = library.Bind(socket.handle, bound)
      if (endpoint >= 0) return { endpoint, bound: shown }
      const error = describeBindError(address, library)
      if (error.code !== 'ADDRESS_IN_USE' || !isAnyPort || attempt === portAttempts) throw error
    }
  }

  return {
    name: 'nanomsg',
    features: { pipeEvents: false, sharedPort: false, link: false, transports },
    createSurveyor: () => keep(new LibrarySurveyor(library, clock)),
    createRespondent: (handler, options = {}) => keep(new LibraryAnswering('RESPONDENT', library, handler, options)),
    createRequester: () => keep(new LibraryRequester(library, clock)),
    createReplier: (handler, options = {}) => keep(new LibraryAnswering('REP', library, handler, options)),
    createPusher: (options = {}) => keep(new LibrarySender('PUSH', library, clock, options)),
    createPuller: (options = {}) => keep(new LibraryReceiver('PULL', library, options)),
    createPublisher(options = {}) {
      checkFanOut('PUB', options)
      if (options.slowAfterMs !== undefined) lacks('cutting off of slow subscribers')
      return keep(new LibrarySender('PUB', library, clock, options))
    },
    createSubscriber: (options = {}) => keep(new LibrarySubscriber(library, options)),
    createPair({ version = 0, ...options } = {}) {
      if (version === 1) lacks('PAIR v1')
      return keep(new LibraryPeer('PAIR', library, clock, options))
    },
    createBus(options = {}) {
      checkFanOut('BUS', options)
      return keep(new LibraryPeer('BUS', library, clock, options))
    },
    // Its own takes a thread, which nothing can stop again.
    createDevice: () => lacks('device'),
    createLink: () => lacks('LINK'),
    listen,
    dial(address, given, { credentials, priority } = {}) {
      checkPriority(priority)
      checkScheme(address)
      if (credentials) lacks('keys')
      const socket = ownSocket(given)
      const dialer = new LibraryDialer(address, socket, library, clock, priority)
      dialer.start()
      socket.own(dialer)
      return dialer
    },
    async close() {
      await Promise.all([...sockets].map((socket) => socket.close()))
    },
  }
}

function lacks(type: string): never {
  throw new RollcallError('NOT_SUPPORTED', `the nanomsg engine has no ${type}`)
}

/** What the library does with a peer that has no room cannot be chosen. */
function checkFanOut(type: 'PUB' | 'BUS', { overflow = 'drop-newest', maxQueuedBytes }: SendingOptions): void {
  if (overflow !== 'drop-newest') lacks(`${type} with ${overflow}: it drops the newest`)
  if (maxQueuedBytes !== undefined) lacks(`bound on what waits for ${type}`)
}

function ownSocket(socket: SpSocket): LibrarySocket {
  if (!(socket instanceof LibrarySocket))
    throw new RollcallError('NOT_SUPPORTED', 'the socket was made by another engine')
  return socket
}

function checkScheme(address: string): void {
  const { scheme } = readAddress(address)
  if (transports.includes(scheme)) return
  const known = transports.map((name) => `${name}://`).join(', ')
  throw new RollcallError('ADDRESS_INVALID', `"${address}": ${scheme}:// is not one of ${known}`)
}

interface BindAddress {
  /** As libnanomsg takes it. */
  readonly bound: string
  /** As it can be dialled. */
  readonly address: string
  readonly isAnyPort: boolean
}

/** libnanomsg cannot say which port it got for 0, so one is found before; and it listens at every path of a WebSocket. */
async function readBindAddress(address: string): Promise<BindAddress> {
  const { scheme, rest } = readAddress(address)
  if (scheme !== 'tcp' && scheme !== 'ws') return { bound: address, address, isAnyPort: false }
  const { place, path } = scheme === 'ws' ? splitPath(rest) : { place: rest, path: '' }
  const { host, port } = readHostPort(place)
  const isAnyPort = port === 0
  const bound = formatHostPort({ host: host === '' ? '*' : host, port: isAnyPort ? await findFreePort() : port })
  return { bound: `${scheme}://${bound}`, address: `${scheme}://${bound}${path}`, isAnyPort }
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, () => {
      const bound = server.address()
      server.close(() => resolve(typeof bound === 'object' && bound ? bound.port : 0))
    })
  })
}

function describeBindError(address: string, library: NanomsgLibrary): RollcallError {
  if (library.Errno() === library.EADDRINUSE)
    return new RollcallError('ADDRESS_IN_USE', `${address} is in use by another program`)
  return new RollcallError('ADDRESS_UNREACHABLE', `cannot listen at ${address}: ${library.Err()}`)
}
