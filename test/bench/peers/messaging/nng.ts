// NNG, nanomsg's successor, in C.

import { createCPeer } from './c-end.ts'

export const nng = createCPeer({
  name: 'NNG in C',
  settings:
    'tcp; PUSH to PULL, REQ to REP (a context for each in flight), PUB to SUB; nng_sendmsg, so that nothing is copied twice; NNG_OPT_SENDBUF, and NNG_OPT_RECVBUF of subscribers, 1,024 messages',
  source: 'nng',
  library: 'nng',
  debian: 'libnng-dev',
})
