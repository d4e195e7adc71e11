// Packages of npm that are loaded where they are: compiled for this machine, or installed for the comparison alone.

import { createRequire } from 'node:module'
import { MissingPeer } from './messaging/peer.ts'

/** `remedy`: what would bring it. */
export function loadPackage(name: string, remedy = `npm install --no-save ${name}`): unknown {
  try {
    return createRequire(import.meta.url)(name)
  } catch (error) {
    throw new MissingPeer(`npm ${name} cannot be loaded: ${remedy}`, { cause: error })
  }
}
