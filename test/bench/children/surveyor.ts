// Asks: on our engine, on npm nanomsg, or on bare sockets. Arguments: kind, and how many will answer. Says its port; then, for each
// `{}`, puts one question to everyone and says how many milliseconds it took until the last answer, or how many answered of those.

import type { Socket } from 'node:net'
import { openEngine } from '../../../messaging/sp/index.ts'
import { listenBare, onBareFrames, writeBareFrame } from '../bare.ts'

const [kind = 'sp', wanted = '0'] = process.argv.slice(2)
process.once('disconnect', () => process.exit())

const question = Buffer.from('service query')
const count = Number(wanted)
const deadlineMs = 5_000

if (kind === 'bare') {
  const sockets: Socket[] = []
  let onAnswer = () => {}
  const { port } = await listenBare((socket) => {
    sockets.push(socket)
    socket.on('error', () => socket.destroy())
    onBareFrames(socket, () => onAnswer())
  })
  process.on('message', () => {
    const startedAtMs = performance.now()
    let answers = 0
    if (sockets.length < count) {
      process.send?.({ answers: sockets.length })
      return
    }
    onAnswer = () => {
      answers += 1
      if (answers === count) process.send?.({ ms: performance.now() - startedAtMs })
    }
    for (const socket of sockets) socket.write(writeBareFrame(0x80000001, question))
  })
  process.send?.({ port })
} else {
  const engine = await openEngine(kind === 'nanomsg' ? 'nanomsg' : 'sp')
  const surveyor = engine.createSurveyor()
  const listener = await engine.listen('tcp://127.0.0.1:0', surveyor)
  process.on('message', () => {
    const startedAtMs = performance.now()
    const aborter = new AbortController()
    let answers = 0
    let ms: number | undefined
    const round = surveyor.survey(question, {
      deadlineMs,
      signal: aborter.signal,
      onAnswer() {
        answers += 1
        if (answers !== count) return
        ms = performance.now() - startedAtMs
        // A round lasts until its last answer, whatever the engine would wait for beyond.
        setImmediate(() => aborter.abort())
      },
    })
    void round.outcome.then(() => process.send?.(ms === undefined ? { answers } : { ms }))
  })
  process.send?.({ port: Number(listener.address.split(':').pop()) })
}
