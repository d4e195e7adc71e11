// Many instances in one process of their own, which come at once, as the first message says. When they are told to go, they answer with nobody, as whoever leaves does, and then end.

import { setTimeout as sleep } from 'node:timers/promises'
import { openKeyring } from '../../../messaging/keys/open-keyring.ts'
import { createSpEngine } from '../../../messaging/sp/engines/sp.ts'
import type { CrowdOptions } from './crowd-options.ts'
import { crowdService } from './crowd-options.ts'

process.once('disconnect', () => process.exit())

/** The next question tells, and one more. */
const leaveMs = 2_000

const engine = createSpEngine()
const nobody = Buffer.alloc(0)
let hasLeft = false

function come({ daemons, keyringPath, lines }: CrowdOptions): void {
  const keyring = openKeyring({ path: keyringPath })
  if (!keyring) throw new Error('no keys')
  const credentials = keyring.dialCredentials({ answerFor: crowdService })
  for (const line of lines.map((text) => Buffer.from(text))) {
    const respondent = engine.createRespondent(() => (hasLeft ? nobody : line))
    for (const daemon of daemons) engine.dial(`tls+tcp://${daemon}:5555`, respondent, { credentials })
  }
  process.send?.({ isHere: true })
}

async function leave(): Promise<void> {
  hasLeft = true
  await sleep(leaveMs)
  await engine.close()
  process.exit()
}

process.once('message', (options) => {
  process.once('message', () => void leave())
  come(Object(options))
})
