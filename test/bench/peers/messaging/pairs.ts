// Requests over a system that only carries messages: each bears a number, which comes back with its reply.

import type { OnMessage, Request } from './peer.ts'

export function askInPairs(send: (question: Buffer) => void): {
  readonly request: Request
  readonly onReply: OnMessage
} {
  const waiting = new Map<number, () => void>()
  let lastId = 0
  return {
    request: (body) =>
      new Promise((resolve) => {
        const question = Buffer.allocUnsafe(4 + body.length)
        question.writeUInt32BE((lastId += 1))
        question.set(body, 4)
        waiting.set(lastId, () => resolve(undefined))
        send(question)
      }),
    onReply(reply) {
      const id = new DataView(reply.buffer, reply.byteOffset).getUint32(0)
      waiting.get(id)?.()
      waiting.delete(id)
    },
  }
}
