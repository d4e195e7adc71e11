// The endpoint types of the scalability protocols: protocol number times 16 plus role, as on the wire
// (sp-tcp-mapping-01; the survey types are those of nanomsg 0.6 and later). Each speaks with one other type only.

export const endpointTypes = Object.freeze({
  REQ: 0x30,
  REP: 0x31,
  SURVEYOR: 0x62,
  RESPONDENT: 0x63,
})

export type EndpointTypeName = keyof typeof endpointTypes

const counterparts: Readonly<Record<EndpointTypeName, EndpointTypeName>> = Object.freeze({
  REQ: 'REP',
  REP: 'REQ',
  SURVEYOR: 'RESPONDENT',
  RESPONDENT: 'SURVEYOR',
})

/** The type that a socket of type `name` talks to. */
export function counterpartOf(name: EndpointTypeName): EndpointTypeName {
  return counterparts[name]
}
