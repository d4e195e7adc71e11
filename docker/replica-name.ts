// The readable name of a container that Compose started: `answer-2` for the second of `answer`. Pure; who asks Docker's DNS
// for the host name is name-replica.ts.

/** What Docker's DNS says of an address is `CONTAINER.NETWORK`; Compose calls them `PROJECT-SERVICE-NUMBER` and
 * `PROJECT_NETWORK`. Anything else keeps its container's name. */
export function readReplicaName(hostName: string): string {
  // The name of a service may hold dots, that of a project or network made by Compose may not.
  const dot = hostName.lastIndexOf('.')
  if (dot <= 0) return hostName
  const container = hostName.slice(0, dot)
  const network = hostName.slice(dot + 1)
  for (let at = network.indexOf('_'); at > 0; at = network.indexOf('_', at + 1)) {
    const prefix = `${network.slice(0, at)}-`
    if (container.startsWith(prefix) && container.length > prefix.length) return container.slice(prefix.length)
  }
  return container
}

/** The name that is asked for to learn whose address this is. */
export function reverseName(ipv4: string): string {
  return `${ipv4.split('.').toReversed().join('.')}.in-addr.arpa`
}
