// What the handler of another node failed with: its message and its code, and nothing of its stack.

import { RollcallError } from '../sp/error.ts'

export class RemoteFault extends RollcallError {
  /** The `code` of what the handler threw; empty where it had none. */
  readonly remoteCode: string

  constructor(message: string, remoteCode: string) {
    super('REMOTE_FAULT', message)
    this.remoteCode = remoteCode
  }
}
