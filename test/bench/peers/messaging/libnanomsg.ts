// libnanomsg, the library in C itself.

import { createCPeer } from './c-end.ts'

export const libnanomsg = createCPeer({
  name: 'nanomsg in C',
  settings:
    'tcp; PUSH to PULL, REQ to REP (a socket for each in flight), PUB to SUB; tcpnodelay but where it sends flat out; received without a copy (NN_MSG); buffers of 128 KiB (the default)',
  source: 'libnanomsg',
  library: 'nanomsg',
  debian: 'libnanomsg-dev',
})
