// How many connections a program has on its port, as Linux tells without asking the program: what is in flight there, from outside.

import { readFileSync } from 'node:fs'

const established = '01'

/** Counts in the text of /proc/net/tcp or tcp6; their form is in proc_net_tcp.txt of the Linux documentation. */
export function countConnections(table: string, port: number): number {
  const localPort = port.toString(16).toUpperCase().padStart(4, '0')
  let count = 0
  for (const line of table.split('\n')) {
    const [, local, , state] = line.trim().split(/\s+/)
    if (state === established && local?.endsWith(`:${localPort}`)) count += 1
  }
  return count
}

/** Undefined where the system does not tell. */
export function readConnections(
  port: number,
  readText: (path: string) => string | undefined = readFile,
): number | undefined {
  const tables = ['/proc/net/tcp', '/proc/net/tcp6'].map(readText).filter((table) => table !== undefined)
  return tables.length === 0 ? undefined : tables.reduce((sum, table) => sum + countConnections(table, port), 0)
}

function readFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // Another system, or one without IPv6.
    return undefined
  }
}
