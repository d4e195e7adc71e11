// How much a client that never says "wait" has under way: so many bytes and messages at most, of which one promise in half as many is waited for.

import type { Send } from './peer.ts'

const maxBytes = 1_048_576
/** Some clients keep a listener for each that waits. */
const maxMessages = 1_000

/** `send` sends; `arrived`, which is called seldom, tells when all that was sent has been taken. */
export function sendInWindow(send: (body: Buffer) => unknown, arrived: () => Promise<unknown>): Send {
  let [bytes, messages] = [0, 0]
  let earlier: Promise<unknown> | undefined
  return (body) => {
    send(body)
    bytes += body.length
    messages += 1
    if (bytes < maxBytes / 2 && messages < maxMessages / 2) return undefined
    bytes = messages = 0
    const wait = earlier
    earlier = arrived()
    return wait
  }
}
