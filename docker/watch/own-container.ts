// Which container this program runs in, as its engine knows it: what it sees of its own mounts says so, whatever its host name is.

import { readFileSync } from 'node:fs'

/** An id; undefined outside of a container, and where nothing tells. */
export function findOwnContainer(mountinfo: string = readMounts()): string | undefined {
  // The engine mounts these three files from the container's own folder.
  return /\/containers\/([0-9a-f]{64})\/(?:hostname|hosts|resolv\.conf) /.exec(mountinfo)?.[1]
}

function readMounts(): string {
  try {
    return readFileSync('/proc/self/mountinfo', 'utf8')
  } catch {
    // No Linux, and so no container of that kind.
    return ''
  }
}
