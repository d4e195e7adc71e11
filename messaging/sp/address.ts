// Addresses of the SP layer: tcp://host:port, ipc:///path, inproc://name. Splits scheme from rest, and host from port.

import { RollcallError } from './error.ts'

export interface SpAddress {
  readonly scheme: string
  /** What follows `://`. */
  readonly rest: string
}

export interface HostPort {
  /** Without brackets; empty for `*` or nothing: every address. */
  readonly host: string
  readonly port: number
}

export function readAddress(address: string): SpAddress {
  const match = /^([a-z][a-z0-9+.-]*):\/\/(.+)$/i.exec(address)
  const [, scheme, rest] = match ?? []
  if (scheme === undefined || rest === undefined)
    throw new RollcallError('ADDRESS_INVALID', `address "${address}" is not of the form scheme://…, as tcp://host:5555`)
  return { scheme: scheme.toLowerCase(), rest }
}

/** Reads `host:port`; IPv6 hosts stand in brackets. Port 0 is accepted: any free one when listening. */
export function readHostPort(rest: string): HostPort {
  const match = /^(?:\[([^\]]+)\]|([^:[\]/]*)):(\d{1,5})$/.exec(rest)
  const port = Number(match?.[3])
  if (!match || port > 65_535)
    throw new RollcallError('ADDRESS_INVALID', `"${rest}" is not host:port with a port of 0 to 65535`)
  const host = match[1] ?? match[2] ?? ''
  return { host: host === '*' ? '' : host, port }
}

/** What can be dialled of `host:port/path`, and the path that follows, with its slash. */
export function splitPath(rest: string): { readonly place: string; readonly path: string } {
  const at = rest.indexOf('/')
  return at === -1 ? { place: rest, path: '' } : { place: rest.slice(0, at), path: rest.slice(at) }
}

export function formatHostPort({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** `::ffff:10.0.0.7` is `10.0.0.7`: sockets that listen for both families show IPv4 peers so. */
export function unmapIp(ip: string): string {
  return /^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(ip) ? ip.slice(7) : ip
}
