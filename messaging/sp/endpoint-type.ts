// The endpoint types of the scalability protocols: protocol number times 16 plus role, as on the wire
// (sp-tcp-mapping-01; the survey types are those of nanomsg 0.6 and later). Each speaks with one other type only.
// LINK is ours and outside SP's numbers: messaging/PROTOCOL.md.

export const endpointTypes = Object.freeze({
  PAIR: 0x10,
  PAIR1: 0x11,
  PUB: 0x20,
  SUB: 0x21,
  REQ: 0x30,
  REP: 0x31,
  PUSH: 0x50,
  PULL: 0x51,
  SURVEYOR: 0x62,
  RESPONDENT: 0x63,
  BUS: 0x70,
  LINK: 0x4950,
  /** PUB and SUB between our own peers: the subscriber tells what it wants. */
  PUB_TOLD: 0x4920,
  SUB_TELLING: 0x4921,
})

export type EndpointTypeName = Exclude<keyof typeof endpointTypes, 'PUB_TOLD' | 'SUB_TELLING'>

/** What a socket says that it is, and to whom. Some have several, the one that they would rather be first. */
export interface Role {
  readonly type: number
  readonly peerType: number
}

const counterparts: Readonly<Record<EndpointTypeName, EndpointTypeName>> = Object.freeze({
  PAIR: 'PAIR',
  PAIR1: 'PAIR1',
  PUB: 'SUB',
  SUB: 'PUB',
  REQ: 'REP',
  REP: 'REQ',
  PUSH: 'PULL',
  PULL: 'PUSH',
  SURVEYOR: 'RESPONDENT',
  RESPONDENT: 'SURVEYOR',
  BUS: 'BUS',
  LINK: 'LINK',
})

/** The one role that a type has by itself. */
export function rolesOf(name: EndpointTypeName): readonly Role[] {
  return [{ type: endpointTypes[name], peerType: endpointTypes[counterpartOf(name)] }]
}

/** The type that a socket of type `name` talks to. */
export function counterpartOf(name: EndpointTypeName): EndpointTypeName {
  return counterparts[name]
}
