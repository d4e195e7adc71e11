// So many clients of one stream of events in one process. Arguments: port, path, count. Says when all have had their first bytes; `{ text }` is
// waited for: when the last of them has read it (milliseconds since 1970), and how many bytes all of them have read since.

import { connect } from 'node:net'

const [port = '0', path = '/watch', count = '1'] = process.argv.slice(2)
process.once('disconnect', () => process.exit())

let wanted = ''
let missing = Number(count)
let bytes = 0

function found(): void {
  missing -= 1
  if (missing > 0) return
  process.send?.({ atMs: performance.timeOrigin + performance.now(), bytes })
}

/** Told once for the head of the response, and once for each text that is waited for. */
let round = 0
for (let at = 0; at < Number(count); at += 1) {
  const socket = connect({ port: Number(port), host: '127.0.0.1' })
  let foundInRound = -1
  let tail = ''
  socket.setEncoding('latin1')
  socket.on('connect', () => socket.write(`GET ${path} HTTP/1.1\r\nHost: bench\r\n\r\n`))
  socket.on('data', (chunk: string) => {
    bytes += chunk.length
    if (foundInRound === round) return
    const text = tail + chunk
    // As much of it as a text may have begun in.
    tail = text.slice(-64)
    if (!text.includes(wanted)) return
    foundInRound = round
    tail = ''
    found()
  })
  if (at % 200 === 199) await new Promise((resolve) => setTimeout(resolve, 20))
}

process.on('message', (message) => {
  const { text }: { readonly text: string } = Object(message)
  wanted = text
  round += 1
  missing = Number(count)
  bytes = 0
  process.send?.({ isWaiting: true })
})
