// Asks one URL over so many kept connections for so long, without pipelining. Arguments: port, path, connections. `{ ms }` runs it,
// and gives back how many answers came, and in how many milliseconds.

import { connect } from 'node:net'

const [port = '0', path = '/', connections = '1'] = process.argv.slice(2)
process.once('disconnect', () => process.exit())

const request = `GET ${path} HTTP/1.1\r\nHost: bench\r\nConnection: keep-alive\r\n\r\n`

process.on('message', (message) => {
  const { ms }: { readonly ms: number } = Object(message)
  const untilMs = performance.now() + ms
  const startedAtMs = performance.now()
  let answers = 0
  let open = Number(connections)
  for (let i = 0; i < Number(connections); i += 1) {
    const socket = connect({ port: Number(port), host: '127.0.0.1', noDelay: true })
    let unread = ''
    socket.setEncoding('latin1')
    socket.on('connect', () => socket.write(request))
    socket.on('data', (chunk: string) => {
      unread += chunk
      const headEnd = unread.indexOf('\r\n\r\n')
      if (headEnd < 0) return
      const length = Number(/content-length: (\d+)/i.exec(unread)?.[1])
      if (unread.length < headEnd + 4 + length) return
      if (!unread.startsWith('HTTP/1.1 200')) throw new Error(unread)
      unread = ''
      answers += 1
      if (performance.now() < untilMs) socket.write(request)
      else socket.end()
    })
    socket.on('close', () => {
      open -= 1
      if (open === 0) process.send?.({ answers, ms: performance.now() - startedAtMs })
    })
  }
})
process.send?.({ ready: true })
