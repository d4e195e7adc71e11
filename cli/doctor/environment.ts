// The environment as the programs of Rollcall would read it: wrong values, unknown names, and names that are nearly right.
// Secrets are never printed.

import { daemonVariables } from '../../discovery/daemon-environment.ts'
import { checkVariables } from '../../messaging/roll/check-environment.ts'
import { isLinkNoise } from '../../messaging/roll/link-noise.ts'
import { editDistance } from '../../messaging/roll/nearest-name.ts'
import { readEnvironment } from '../../messaging/roll/read-environment.ts'
import { servicePrefixes, serviceVariables } from '../../messaging/roll/service-environment.ts'
import { notYetVariables, otherRollcallNames } from '../../messaging/roll/shared-environment.ts'
import { RollcallError } from '../../messaging/sp/error.ts'
import type { Terminal } from '../terminal/terminal.ts'
import type { Finding } from './finding.ts'
import { fine, wrong } from './finding.ts'

const variables = Object.freeze({ ...daemonVariables, ...serviceVariables, ...checkVariables })
// An agent reads them; which program this environment is for is not known here.
const { 'SERVICE_CHECK_*': _ofAgents, ...notYet } = notYetVariables
const names = [...Object.keys(variables), ...otherRollcallNames]

/** Letters by which a name of SERVICE_ or DISCOVERY_ may miss one of ours: others have such variables as well. */
const maxSlips = 1

export function checkEnvironment(env: Terminal['env']): Finding[] {
  const findings = findSlips(env)
  const log = {
    debug() {},
    warn: (fields: object) => void findings.push(describeUnknown(fields)),
  }
  try {
    const options = { prefixes: servicePrefixes, notYet, known: otherRollcallNames, log }
    readEnvironment(variables, env, options)
  } catch (error) {
    if (!(error instanceof RollcallError)) throw error
    findings.push(wrong('environment', error.message, 'set it to what is accepted, or unset it'))
  }
  if (findings.length > 0) return findings
  const found = names.filter((name) => (env[name] ?? '') !== '')
  return [fine('environment', found.length === 0 ? 'nothing is set: the defaults hold' : found.join(', '))]
}

function describeUnknown(fields: object): Finding {
  const name = 'variable' in fields ? String(fields.variable) : 'a variable'
  const advice = 'didYouMean' in fields ? `did you mean ${String(fields.didYouMean)}?` : 'unset it'
  return wrong('environment', `${name} is not a variable of Rollcall, and is ignored`, advice)
}

function findSlips(env: Terminal['env']): Finding[] {
  const findings: Finding[] = []
  for (const [name, value = ''] of Object.entries(env)) {
    if (!/^(SERVICE|DISCOVERY)_/.test(name) || names.includes(name) || isLinkNoise(name, value)) continue
    if (Object.keys(servicePrefixes).some((prefix) => name.startsWith(prefix))) continue
    const meant = names.find((known) => editDistance(name, known) <= maxSlips)
    if (meant === undefined) continue
    findings.push(
      wrong('environment', `${name} is not a variable of Rollcall, and is ignored`, `did you mean ${meant}?`),
    )
  }
  return findings
}
