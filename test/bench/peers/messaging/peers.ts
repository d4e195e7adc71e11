// All systems of the comparison, ours and the limit first.

import type { Peer } from './peer.ts'
import { activemq } from './activemq.ts'
import { bare } from './bare.ts'
import { kafka } from './kafka.ts'
import { libnanomsg } from './libnanomsg.ts'
import { mosquitto } from './mosquitto.ts'
import { nanomsg } from './nanomsg.ts'
import { nats } from './nats.ts'
import { nng } from './nng.ts'
import { nsq } from './nsq.ts'
import { rabbitmq } from './rabbitmq.ts'
import { redis } from './redis.ts'
import { rollcall } from './rollcall.ts'
import { zeromq } from './zeromq.ts'

export const peers: readonly Peer[] = [
  rollcall,
  bare,
  libnanomsg,
  nanomsg,
  nng,
  zeromq,
  nats,
  redis,
  rabbitmq,
  mosquitto,
  activemq,
  kafka,
  nsq,
]

/** Of the article, or close to it, and not measured anywhere; each with why. */
export const unmeasured: Readonly<Record<string, string>> = {
  Kestrel: 'no longer maintained: its repository has been archived',
  'ruby-nats': 'no longer maintained: NATS has another client for Ruby, and a server in Go',
}
