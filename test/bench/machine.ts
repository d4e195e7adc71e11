// What the figures were measured on, and by which command.

import { cpus, loadavg, release, totalmem, type as osType } from 'node:os'

export function describeMachine() {
  return {
    date: new Date().toISOString(),
    node: process.version,
    os: `${osType()} ${release()}`,
    cpu: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    /** Of what else it does: of the last minute, before. */
    load: Number(loadavg()[0]?.toFixed(1)),
    command: `npm run bench -- ${process.argv.slice(2).join(' ')}`,
  }
}
