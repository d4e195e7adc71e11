// What each peer may put on the roll, judged for every line of every answer from the identity of its pipe alone, whether
// the line is known already or not.

import type { AnswerLine, ParsedAnswer, RefusedLine } from '../messaging/roll/answer.ts'
import type { Rights } from '../messaging/keys/identity.ts'
import { rightsOf } from '../messaging/keys/identity.ts'

export type LineRights = (identity: string | undefined, parsed: ParsedAnswer) => ParsedAnswer

export function createLineRights(): LineRights {
  const known = new Map<string, Rights | undefined>()

  function rightsBy(identity: string): Rights | undefined {
    if (!known.has(identity)) {
      if (known.size >= maxKnown) known.clear()
      known.set(identity, rightsOf(identity))
    }
    return known.get(identity)
  }

  return (identity, parsed) => {
    const rights = identity === undefined ? undefined : rightsBy(identity)
    const isAllowed = ({ provider }: AnswerLine) => rights?.mayAnswerFor(provider.service) ?? false
    if (parsed.lines.every(isAllowed)) return parsed
    const refused = parsed.lines.filter((line) => !isAllowed(line)).map((line) => refuse(line, identity))
    return { lines: parsed.lines.filter(isAllowed), refused: [...parsed.refused, ...refused] }
  }
}

/** Identities are few; those of certificates are the authority's choice. */
const maxKnown = 10_000

function refuse({ text, provider }: AnswerLine, identity: string | undefined): RefusedLine {
  const detail = `${identity ?? 'a peer without a key'} may not put ${provider.service} on the roll`
  return { reason: 'not-permitted', excerpt: text.slice(0, 80), detail }
}
