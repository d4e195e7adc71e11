// The rule for service names, the same wherever one is read: an answer line, the environment, a lookup.
// Promises the name in lower case, or one sentence that says what is wrong and, where it can, what to write instead.

export type NameReading = { readonly name: string } | { readonly reason: string }

const namePattern = /^[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?$/

/** Reads a service name as DESIGN.md section 4 has it: 1 to 63 of a-z, 0-9, `-` and `_`, a letter or digit at both ends. */
export function readServiceName(text: string): NameReading {
  const name = text.toLowerCase()
  if (namePattern.test(name)) return { name }
  const shown = JSON.stringify(text.slice(0, 80))
  const dashed = name.replaceAll('.', '-')
  if (dashed !== name && namePattern.test(dashed)) {
    return { reason: `${shown} has dots, which a service name cannot have; use "${dashed}"` }
  }
  return {
    reason: `${shown} is not a service name: 1 to 63 of a-z, 0-9, - and _, with a letter or digit at both ends`,
  }
}
