// LINK, a type of ours: whole messages both ways on each pipe by itself, with neither header nor routing. What talks over it
// (iris) has its own frames, its own queues and its own credits.

import type { Link, LinkOptions, Pipe } from '../engine.ts'
import type { Carrier } from '../transport.ts'
import type { PatternContext } from './pattern-socket.ts'
import { CarrierPipe, PatternSocket } from './pattern-socket.ts'

export class LinkSocket extends PatternSocket implements Link {
  readonly type = 'LINK'
  readonly #options: LinkOptions

  constructor(context: PatternContext, options: LinkOptions) {
    super(context, options)
    this.#options = options
  }

  send(pipe: Pipe, header: Uint8Array, body: Uint8Array): void {
    this.#find(pipe)?.carrier.send(header, body)
  }

  queuedBytes(pipe: Pipe): number {
    return this.#find(pipe)?.carrier.queuedBytes ?? 0
  }

  pause(pipe: Pipe): void {
    this.#find(pipe)?.carrier.pause()
  }

  resume(pipe: Pipe): void {
    this.#find(pipe)?.carrier.resume()
  }

  #find(pipe: Pipe): CarrierPipe | undefined {
    return pipe instanceof CarrierPipe && this.pipes.has(pipe) ? pipe : undefined
  }

  protected override createPipe(carrier: Carrier): CarrierPipe {
    return new CarrierPipe(carrier)
  }

  protected override onMessage(pipe: CarrierPipe, message: Buffer): void {
    this.#options.onMessage(pipe, message)
  }

  protected override onDrained(pipe: CarrierPipe): void {
    this.#options.onDrained?.(pipe)
  }
}
