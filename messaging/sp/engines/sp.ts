// The TypeScript engine: patterns, endpoints and transports put together. Everything it does is elsewhere; a new pattern
// or transport is one line here.

import type { Clock } from '../clock.ts'
import type { Dialer, DialOptions, Engine, ListenOptions, SpSocket } from '../engine.ts'
import type { Lookup } from '../endpoints/name-dialer.ts'
import type { SpLimits } from '../limits.ts'
import type { PatternContext } from '../patterns/pattern-socket.ts'
import type { Transport } from '../transport.ts'
import { isIP } from 'node:net'
import { readAddress, readHostPort, splitPath } from '../address.ts'
import { systemClock } from '../clock.ts'
import { AddressDialer } from '../endpoints/address-dialer.ts'
import { openListener } from '../endpoints/listener.ts'
import { NameDialer } from '../endpoints/name-dialer.ts'
import { systemLookup } from '../endpoints/system-lookup.ts'
import { RollcallError } from '../error.ts'
import { defaultLimits } from '../limits.ts'
import { AnsweringSocket } from '../patterns/answering-socket.ts'
import { BusSocket } from '../patterns/bus.ts'
import { createDevice } from '../patterns/device.ts'
import { LinkSocket } from '../patterns/link.ts'
import { PairSocket } from '../patterns/pair.ts'
import { PatternSocket } from '../patterns/pattern-socket.ts'
import { PublisherSocket } from '../patterns/publisher.ts'
import { PullerSocket } from '../patterns/puller.ts'
import { PusherSocket } from '../patterns/pusher.ts'
import { RequesterSocket } from '../patterns/requester.ts'
import { SubscriberSocket } from '../patterns/subscriber.ts'
import { SurveyorSocket } from '../patterns/surveyor.ts'
import { checkPriority } from '../priority.ts'
import { createInprocTransport } from '../transports/inproc.ts'
import { createIpcTransport } from '../transports/ipc.ts'
import { createTcpTransport } from '../transports/tcp.ts'
import { createTlsTransport } from '../transports/tls.ts'
import { createWsTransport } from '../transports/ws.ts'

export interface SpEngineOptions {
  /** Default: the system's. */
  readonly clock?: Clock
  /** For ids and jitter; default Math.random. */
  readonly random?: () => number
  readonly limits?: Partial<SpLimits>
  /** Default: the system's resolver; IPv4 addresses where a name has any, else IPv6. */
  readonly lookup?: Lookup
  /** Beside those of engine.features. */
  readonly transports?: readonly Transport[]
}

export function createSpEngine(options: SpEngineOptions = {}): Engine {
  const context: PatternContext = {
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    limits: { ...defaultLimits, ...options.limits },
  }
  const lookup = options.lookup ?? systemLookup
  const transports = new Map<string, Transport>()
  for (const transport of [
    createTcpTransport(context),
    createTlsTransport(context),
    createIpcTransport(context),
    createWsTransport(context),
    createInprocTransport(),
    ...(options.transports ?? []),
  ])
    transports.set(transport.scheme, transport)
  const sockets = new Set<PatternSocket>()

  function transportOf(
    address: string,
    { credentials }: DialOptions | ListenOptions,
  ): { readonly transport: Transport; readonly rest: string } {
    const { scheme, rest } = readAddress(address)
    const transport = transports.get(scheme)
    const known = [...transports.keys()].map((name) => `${name}://`).join(', ')
    if (!transport) throw new RollcallError('ADDRESS_INVALID', `"${address}": ${scheme}:// is not one of ${known}`)
    if (transport.isNamed) readHostPort(placeOf(transport, rest))
    if (transport.isSecured && !credentials)
      throw new RollcallError(
        'NOT_SUPPORTED',
        `"${address}" needs credentials: a key and its identity, or certificates`,
      )
    // What was meant to be secret must not go in clear because of a wrong scheme.
    if (credentials && !transport.isSecured)
      throw new RollcallError('NOT_SUPPORTED', `"${address}": ${scheme}:// takes no credentials, tls+tcp:// does`)
    return { transport, rest }
  }

  function keep<S extends PatternSocket>(socket: S): S {
    sockets.add(socket)
    socket.own({ close: () => Promise.resolve(void sockets.delete(socket)) })
    return socket
  }

  function dial(address: string, socket: SpSocket, dialOptions: DialOptions = {}): Dialer {
    checkPriority(dialOptions.priority)
    const { transport, rest } = transportOf(address, dialOptions)
    const own = ownSocket(socket)
    const dialer = transport.isNamed && !isIP(readHostPort(placeOf(transport, rest)).host) ? dialName() : dialAddress()
    own.own(dialer)
    return dialer

    function dialName(): Dialer {
      const nameDialer = new NameDialer({ address, transport, rest, socket: own, context, lookup, dial: dialOptions })
      nameDialer.start()
      return nameDialer
    }
    function dialAddress(): Dialer {
      const addressDialer = new AddressDialer({
        transport,
        rest,
        socket: own,
        context,
        dial: dialOptions,
        isWanted: always,
      })
      addressDialer.start()
      return {
        address,
        close() {
          own.disown(this)
          return addressDialer.close()
        },
      }
    }
  }

  return {
    name: 'sp',
    features: { pipeEvents: true, sharedPort: true, link: true, transports: [...transports.keys()] },
    createSurveyor: (socketOptions = {}) => keep(new SurveyorSocket(context, socketOptions)),
    createRespondent: (handler, socketOptions = {}) =>
      keep(new AnsweringSocket('RESPONDENT', handler, context, socketOptions)),
    createRequester: (socketOptions = {}) => keep(new RequesterSocket(context, socketOptions)),
    createReplier: (handler, socketOptions = {}) => keep(new AnsweringSocket('REP', handler, context, socketOptions)),
    createPusher: (socketOptions = {}) => keep(new PusherSocket(context, socketOptions)),
    createPuller: (socketOptions = {}) => keep(new PullerSocket(context, socketOptions)),
    createPublisher: (socketOptions = {}) => keep(new PublisherSocket(context, socketOptions)),
    createSubscriber: (socketOptions = {}) => keep(new SubscriberSocket(context, socketOptions)),
    createPair: (socketOptions = {}) => keep(new PairSocket(context, socketOptions)),
    createBus: (socketOptions = {}) => keep(new BusSocket(context, socketOptions)),
    createDevice: (pattern, sides = {}) => createDevice(pattern, sides, context, keep),
    createLink: (socketOptions) => keep(new LinkSocket(context, socketOptions)),
    async listen(address, given, listenOptions = {}) {
      checkPriority(listenOptions.priority)
      const { transport, rest } = transportOf(address, listenOptions)
      const shared: readonly SpSocket[] = Array.isArray(given) ? given : [given]
      return openListener(transport, rest, shared.map(ownSocket), listenOptions)
    },
    dial,
    async close() {
      await Promise.all([...sockets].map((socket) => socket.close()))
    },
  }
}

function ownSocket(socket: SpSocket): PatternSocket {
  if (!(socket instanceof PatternSocket))
    throw new RollcallError('NOT_SUPPORTED', 'the socket was made by another engine')
  return socket
}

function placeOf({ hasPath = false }: Transport, rest: string): string {
  return hasPath ? splitPath(rest).place : rest
}

function always(): Promise<boolean> {
  return Promise.resolve(true)
}
