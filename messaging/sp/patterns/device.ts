// A device: what comes in at one side goes out at the other, in the pattern's own way, with the number of devices on a message's way
// bounded where the pattern counts them. It opens nothing: its sides are listened at and dialled like any other socket.

import type { Device, DeviceOptions, DevicePattern, SpSocket } from '../engine.ts'
import type { PatternContext, PatternSocket } from './pattern-socket.ts'
import { BusSocket } from './bus.ts'
import { ForwardingPair } from './forwarding-pair.ts'
import { PublisherSocket } from './publisher.ts'
import { PullerSocket } from './puller.ts'
import { PusherSocket } from './pusher.ts'
import { AnsweringSide, AskingSide } from './routed-forwarding.ts'
import { SubscriberSocket } from './subscriber.ts'

type Sides = readonly [front: PatternSocket, back: PatternSocket]

const sidesOf: Readonly<Record<DevicePattern, (context: PatternContext, options: Required<DeviceOptions>) => Sides>> =
  Object.freeze({
    REQREP: (context, options) => createRouted(context, options, 'REP', 'REQ'),
    SURVEY: (context, options) => createRouted(context, options, 'RESPONDENT', 'SURVEYOR'),
    PIPELINE(context, options) {
      const back = new PusherSocket(context, options.back)
      return [new PullerSocket(context, { ...options.front, onMessage: (body) => passOn(back, body) }), back]
    },
    PUBSUB(context, options) {
      const back = new PublisherSocket(context, options.back)
      const front = new SubscriberSocket(context, { ...options.front, onMessage: (body) => passOn(back, body) })
      front.subscribe('')
      return [front, back]
    },
    PAIR: (context, options) => ForwardingPair.createBoth(context, options, 0),
    PAIR1: (context, options) => ForwardingPair.createBoth(context, options, 1),
    BUS(context, options) {
      const front: BusSocket = new BusSocket(context, { ...options.front, onMessage: (body) => passOn(back, body) })
      const back: BusSocket = new BusSocket(context, { ...options.back, onMessage: (body) => passOn(front, body) })
      return [front, back]
    },
    LOOPBACK(context, { front }) {
      const bus: BusSocket = new BusSocket(context, { ...front, onMessage: (body, pipe) => bus.sendExcept(pipe, body) })
      return [bus, bus]
    },
  })

/** `keep` makes the engine close a side with itself. */
export function createDevice(
  pattern: DevicePattern,
  { front: frontOptions = {}, back: backOptions = {} }: DeviceOptions,
  context: PatternContext,
  keep: (socket: PatternSocket) => SpSocket,
): Device {
  const [front, back] = sidesOf[pattern](context, { front: frontOptions, back: backOptions })
  for (const side of new Set([front, back])) keep(side)
  const close = async () => {
    await Promise.all([front.close(), back.close()])
  }
  return { front, back, close, [Symbol.asyncDispose]: close }
}

function createRouted(
  context: PatternContext,
  options: Required<DeviceOptions>,
  asked: 'REP' | 'RESPONDENT',
  asker: 'REQ' | 'SURVEYOR',
): Sides {
  const back: AnsweringSide = new AnsweringSide(asker, context, options.back, () => front)
  const forward = (hop: Buffer, question: Buffer) => back.forward(hop, question)
  const front: AskingSide = new AskingSide(asked, context, options.front, forward)
  return [front, back]
}

interface Sending {
  send(body: Uint8Array): Promise<void>
}

/** While the other side has no room, the pipe that brought it is not read from; when that side is closed, so is the way. */
async function passOn(side: Sending & PatternSocket, body: Buffer): Promise<void> {
  if (!side.isClosed) await side.send(body).catch(() => undefined)
}
