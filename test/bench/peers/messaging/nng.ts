// NNG, nanomsg's successor, in C.

import { createCPeer } from './c-end.ts'

export const nng = createCPeer({
  name: 'NNG in C',
  settings: 'tcp; PUSH to PULL; nng_sendmsg, so that nothing is copied twice; NNG_OPT_SENDBUF 1,024 messages',
  source: 'nng',
  library: 'nng',
  debian: 'libnng-dev',
})
