// A bare HTTP server that sends the response it is given, headers and body, to whatever is asked.

import { listenBareHttp, portOf } from '../bare.ts'

process.once('disconnect', () => process.exit())
process.once('message', (message) => {
  const { headers, body }: { readonly headers: Record<string, string>; readonly body: string } = Object(message)
  void listenBareHttp(headers, body).then((server) => process.send?.({ port: portOf(server) }))
})
