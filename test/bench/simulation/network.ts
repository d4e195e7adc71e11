// What the network does to a message: a delay, and TCP's repair of what is lost. A lost packet is sent again after 200 ms, then after
// twice as long each time, and what follows on the same connection waits for it: nothing is lost for good, it comes late.

export interface NetworkOptions {
  /** One way. */
  readonly delayMs: number
  /** Mean of what is added to it at random, exponentially. */
  readonly jitterMs: number
  /** Share of packets that are lost, each by itself. */
  readonly lossRate: number
}

export interface Network {
  /** How long one message takes. */
  transitMs(): number
}

/** Linux: the least time until a lone packet is sent again. */
const retransmitAfterMs = 200

export function createNetwork({ delayMs, jitterMs, lossRate }: NetworkOptions, random: () => number): Network {
  return {
    transitMs() {
      let ms = delayMs + (jitterMs > 0 ? -Math.log(1 - random()) * jitterMs : 0)
      if (lossRate > 0)
        for (let afterMs = retransmitAfterMs; random() < lossRate; afterMs *= 2) {
          ms += afterMs
        }
      return ms
    },
  }
}
