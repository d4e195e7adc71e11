import type { NetworkInterfaceInfo } from 'node:os'
import t from 'tap'
import { countConnections, readConnections } from '../../../services/agent/connections.ts'
import { findAddress } from '../../../services/agent/own-interface.ts'

function ip(family: 'IPv4' | 'IPv6', address: string): NetworkInterfaceInfo {
  const common = { address, netmask: '', mac: '', internal: false, cidr: null }
  return family === 'IPv4' ? { ...common, family } : { ...common, family, scopeid: 0 }
}

const interfaces = {
  lo: [ip('IPv4', '127.0.0.1')],
  eth0: [ip('IPv6', 'fe80::1'), ip('IPv6', 'fd00::5'), ip('IPv4', '10.1.2.3')],
  eth1: [ip('IPv4', '192.168.7.9'), ip('IPv6', 'fd01::7')],
}

t.test('the address is that of the interface, IPv4 first', async (t) => {
  t.same(findAddress('eth0', interfaces), { host: '10.1.2.3' })
})

t.test('or the one within a network', async (t) => {
  t.same(findAddress('192.168.0.0/16', interfaces), { host: '192.168.7.9' })
  t.same(findAddress('fd01::/16', interfaces), { host: 'fd01::7' })
})

t.test('where there is none it is said which there are', async (t) => {
  t.match(findAddress('eth7', interfaces), { reason: /on an interface eth7; there are .*eth0 10\.1\.2\.3/ })
  t.match(findAddress('172.16.0.0/12', interfaces), { reason: /within 172\.16\.0\.0\/12; there are/ })
})

const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode'
const table = `${head}
   0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1
   1: 0100007F:1F90 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 2 1
   2: 0100007F:D431 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 3 1
   3: 0100007F:1F90 0100007F:D432 06 00000000:00000000 00:00000000 00000000     0        0 4 1
`

t.test('connections are those that are open on the port, from this side', async (t) => {
  t.equal(countConnections(table, 8080), 1)
  t.equal(countConnections(table, 80), 0)
  const sources: Record<string, string> = { '/proc/net/tcp': table, '/proc/net/tcp6': table }
  t.equal(
    readConnections(8080, (path) => sources[path]),
    2,
  )
  t.equal(
    readConnections(8080, () => undefined),
    undefined,
    'another system does not tell',
  )
})
