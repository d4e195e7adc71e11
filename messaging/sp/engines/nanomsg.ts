// The engine on npm nanomsg, an optional dependency: libnanomsg in C behind the same interface. It tells nothing about
// connections, so there are no pipes, no early end, and one socket to an address; rounds last their deadline.

import type { Clock } from '../clock.ts'
import type { Engine, Listener, ListenOptions, SpSocket } from '../engine.ts'
import type { NanomsgLibrary } from './nanomsg/library.ts'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { formatHostPort, readAddress, readHostPort } from '../address.ts'
import { systemClock } from '../clock.ts'
import { RollcallError } from '../error.ts'
import { LibraryAnswering } from './nanomsg/library-answering.ts'
import { LibraryDialer } from './nanomsg/library-dialer.ts'
import { LibraryRequester } from './nanomsg/library-requester.ts'
import { LibrarySocket } from './nanomsg/library-socket.ts'
import { LibrarySurveyor } from './nanomsg/library-surveyor.ts'

const transports = ['tcp', 'ipc', 'inproc']

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
    { credentials }: ListenOptions = {},
  ): Promise<Listener> {
    // What was meant to be secret must not go in clear.
    if (credentials) lacks('keys')
    const shared: readonly SpSocket[] = Array.isArray(given) ? given : [given]
    const [only] = shared
    if (!only || shared.length > 1)
      throw new RollcallError('NOT_SUPPORTED', 'the nanomsg engine takes one socket to an address')
    const socket = ownSocket(only)
    const bound = await readBindAddress(address)
    const endpoint = library.Bind(socket.handle, bound)
    if (endpoint < 0) throw describeBindError(address, library)
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

  return {
    name: 'nanomsg',
    features: { pipeEvents: false, sharedPort: false, link: false, transports },
    createSurveyor: () => keep(new LibrarySurveyor(library, clock)),
    createRespondent: (handler, options = {}) => keep(new LibraryAnswering('RESPONDENT', library, handler, options)),
    createRequester: () => keep(new LibraryRequester(library, clock)),
    createReplier: (handler, options = {}) => keep(new LibraryAnswering('REP', library, handler, options)),
    createPusher: () => lacks('PUSH'),
    createPuller: () => lacks('PULL'),
    createPublisher: () => lacks('PUB'),
    createSubscriber: () => lacks('SUB'),
    createPair: () => lacks('PAIR'),
    createBus: () => lacks('BUS'),
    createDevice: () => lacks('device'),
    createLink: () => lacks('LINK'),
    listen,
    dial(address, given, { credentials } = {}) {
      checkScheme(address)
      if (credentials) lacks('keys')
      const socket = ownSocket(given)
      const dialer = new LibraryDialer(address, socket, library, clock)
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

/** The address as libnanomsg takes it; it cannot say which port it got for 0, so one is found before. */
async function readBindAddress(address: string): Promise<string> {
  checkScheme(address)
  const { scheme, rest } = readAddress(address)
  if (scheme !== 'tcp') return address
  const { host, port } = readHostPort(rest)
  return `tcp://${formatHostPort({ host: host === '' ? '*' : host, port: port === 0 ? await findFreePort() : port })}`
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
