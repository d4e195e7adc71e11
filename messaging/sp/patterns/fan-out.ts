// One message to many pipes: a queue in front of each, so that one that has no room holds up no other. What happens where there
// is no room is the socket's choice, as with a single queue; with `wait`, send() resolves when the slowest has room.

import type { SendOptions } from '../engine.ts'
import type { Outbox } from './outbox.ts'
import type { CarrierPipe } from './pattern-socket.ts'
import { sent } from './outbox.ts'

/** A pipe with a queue of its own. */
export interface QueuedPipe extends CarrierPipe {
  readonly outbox: Outbox
}

/** Fails as the slowest does: by its time, its signal, or its bound. Other pipes have the message by then. */
export function sendToAll(
  pipes: Iterable<QueuedPipe>,
  body: Uint8Array,
  options: SendOptions | undefined,
): Promise<void> {
  let waiting: Promise<void>[] | undefined
  for (const { outbox } of pipes) {
    const sending = outbox.send(body, options)
    if (sending !== sent) (waiting ??= []).push(sending)
  }
  return waiting ? Promise.all(waiting).then(nothing) : sent
}

function nothing(): void {}
