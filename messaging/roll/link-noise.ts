// Kubernetes service links and Docker's legacy links put variables into every container that can look like ours: a service
// named `discovery` makes DISCOVERY_PORT=tcp://10.96.0.7:5555, one named `service` makes SERVICE_PORT so. This tells them.

import { isIP } from 'node:net'

const linkUrl = /^(?:tcp|udp|sctp):\/\/(?:\[([^\]]+)\]|([^:]+)):\d{1,5}$/

/** Whether a variable of this name and value is one that nobody wrote. Plain SERVICE_HOST and SERVICE_PORT are ours: a link
 * has the name of a service in front (`WEB_SERVICE_HOST`). */
export function isLinkNoise(name: string, value: string): boolean {
  if (/_PORT_\d+_(?:TCP|UDP|SCTP)_(?:ADDR|PORT|PROTO)$/.test(name)) return true
  if (/_PORT(?:_\d+_(?:TCP|UDP|SCTP))?$/.test(name)) return isLinkUrl(value) || isServicePort(name, value)
  if (/.+_SERVICE_HOST$/.test(name)) return isIP(value) !== 0
  return isServicePort(name, value)
}

/** `WEB_SERVICE_PORT`, and with the name of the port `WEB_SERVICE_PORT_HTTP`. */
function isServicePort(name: string, value: string): boolean {
  return /.+_SERVICE_PORT(?:_.+)?$/.test(name) && /^\d{1,5}$/.test(value)
}

function isLinkUrl(value: string): boolean {
  const [, bracketed, bare] = linkUrl.exec(value) ?? []
  return isIP(bracketed ?? bare ?? '') !== 0
}
