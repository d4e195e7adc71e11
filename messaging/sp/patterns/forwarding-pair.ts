// One side of a device between two PAIRs: hands each message to the other side, with one hop more where they are counted.

import type { DeviceOptions } from '../engine.ts'
import type { CarrierPipe, PatternContext } from './pattern-socket.ts'
import { PairSocket } from './pair.ts'

export class ForwardingPair extends PairSocket {
  #other: ForwardingPair | undefined

  static createBoth(
    context: PatternContext,
    options: Required<DeviceOptions>,
    version: 0 | 1,
  ): readonly [ForwardingPair, ForwardingPair] {
    const front = new ForwardingPair(context, { ...options.front, version })
    const back = new ForwardingPair(context, { ...options.back, version })
    front.#other = back
    back.#other = front
    return [front, back]
  }

  protected override deliver(pipe: CarrierPipe, body: Buffer, hops: number): void {
    const other = this.#other
    if (!other || other.isClosed) return
    pipe.carrier.pause()
    void other.sendWithHops(body, hops + 1).then(
      () => pipe.carrier.resume(),
      // The other side was closed under it.
      () => this.drop('peer-gone'),
    )
  }
}
