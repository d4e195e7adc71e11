// The one error class of Rollcall, and the one table of its codes. An expected outcome (nobody answered, no such
// service) is a value and not an error; what is thrown is what a caller cannot go on with.

/** Every code that a thrown `RollcallError` may carry, with what it means. */
export const errorCodes = {
  CLOSED: 'the socket, listener or daemon was closed while the call was open',
  TIMEOUT: 'the total deadline of the call has passed',
  ADDRESS_INVALID: 'an address is not of the form scheme://…',
  ADDRESS_IN_USE: 'another process or socket listens there already',
  ADDRESS_UNREACHABLE: 'nobody could be listened for or reached at that address',
  NOT_SUPPORTED: 'the engine in use lacks what was asked of it',
  ENGINE_MISSING: 'the engine named is not installed on this machine',
  ENVIRONMENT_INVALID: 'one or more environment variables are wrong; the message names every one',
  NAME_INVALID: 'a service name, id or other field has a form that is not accepted',
  KEY_INVALID: 'a key is not of the form that `rollcall key new` prints, or does not allow what is asked of it',
  ANSWER_TOO_LARGE: 'an answer or one of its lines is over the limit',
  TOO_LARGE: 'a message is over the limit',
  QUEUE_FULL: 'more messages wait to be sent than may: await send()',
  PEER_GONE: 'the pipe that carried the call is gone, and the call may not be sent again',
  NO_MEMBERS: 'nobody is a member of that cluster, or nobody who takes requests',
  BUSY: 'every member that was asked refused to start the request: it has too much to do',
  REMOTE_FAULT: 'the handler of the member that was asked failed; the message is its own',
  NOT_ALLOWED: 'the key in use does not allow that call',
  TUNNEL_REFUSED: 'the other side, or a bound, did not let a tunnel be opened; the cause says why',
  TUNNEL_RESET: 'a tunnel was broken off by the other side, or for what the other side sent',
  UNKNOWN_SERVICE: 'nobody of that name is on the roll',
  NO_MATCH: 'there are some of that name, but not with these filters',
  NONE_PASSING: 'all of that name are critical or draining',
  NOT_HTTP: 'the providers of that name are not reached over HTTP, or not over that form of it',
  LOOKUP_FAILED: 'a daemon was asked and could not give an answer',
} as const

export type ErrorCode = keyof typeof errorCodes

export class RollcallError extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.name = 'RollcallError'
    this.code = code
  }
}
