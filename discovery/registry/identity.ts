// Who is who: which entry a line is about, and who keeps an id or a place that two claim. DESIGN.md section 4.
// An instance is (group, id). The newest pipe of a process speaks for it; another process takes an id over when the one that
// held it does not answer a question put at once; when both answer, both stay.

import type { AnswerLine } from '../../messaging/roll/answer.ts'
import type { PipeRecord } from './pipe-record.ts'
import type { Heard } from './registry.ts'
import type { RollEntry } from './roll-entry.ts'
import type { Claim, Roster } from './roster.ts'
import { fillAddress } from './fill-address.ts'
import { groupOf } from './group.ts'

/** A living process claims the id of another: settled by a question to the one that had it. */
interface Contest {
  readonly holder: RollEntry
  readonly challenger: Claim
  readonly askedAtMs: number
}

export class Identity {
  readonly #roster: Roster
  readonly #gateways: ReadonlySet<string>
  /** By the pipe of the holder. */
  readonly #contests = new Map<PipeRecord, Contest[]>()

  constructor(roster: Roster, gateways: ReadonlySet<string>) {
    this.#roster = roster
    this.#gateways = gateways
  }

  /** A line that this pipe has not given before. False when it gives no host and the pipe shows none. */
  take(record: PipeRecord, line: AnswerLine, heard: Heard): boolean {
    const { provider } = line
    const filled = fillAddress(provider, record.pipe, this.#gateways)
    if (!filled) return false
    const claim = { record, line, filled }
    const id = provider.id ?? filled.address
    const { index } = this.#roster
    const holder = this.#findProcess(claim, id) ?? index.find(groupOf(provider), id)
    const neighbour = index.findAt(groupOf(provider), filled.host, provider.port)
    if (holder) this.#settleId(holder, claim, heard)
    else if (neighbour) this.#settlePlace(neighbour, claim, id, heard)
    else this.#roster.join(claim, id, heard)
    return true
  }

  /** The pipe of a holder answered: it lives if it was asked after the challenge. */
  holderAnswered(record: PipeRecord, heard: Heard): void {
    if (this.#contests.size > 0) this.#settleContests(record, heard, true)
  }

  /** The pipe of a holder is closed, or gave no answer. */
  holderIsGone(record: PipeRecord, nowMs: number): void {
    if (this.#contests.size > 0) this.#settleContests(record, { nowMs, roundTripMs: 0, round: undefined }, false)
  }

  /** What this process is on the roll as already, also when another one holds the id that it claims. */
  #findProcess(claim: Claim, id: string): RollEntry | undefined {
    for (const entry of this.#roster.index.claimants(groupOf(claim.line.provider), id))
      if (isSameProcess(entry, claim)) return entry
    return undefined
  }

  #settleId(holder: RollEntry, claim: Claim, heard: Heard): void {
    const { record, line, filled } = claim
    const isSamePlace = holder.host === filled.host && holder.port === line.provider.port
    const isOwn = line.provider.by === undefined
    if (isSamePlace && isOwn !== (holder.by === undefined)) {
      // Its own word beats one given for it.
      if (isOwn) this.#roster.replace(holder, claim, heard)
    } else if (holder.pipe === record) this.#settleOnPipe(holder, claim, isSamePlace, heard)
    else if (holder.pipe && !isSameProcess(holder, claim)) this.#challenge(holder, claim, heard.nowMs)
    // The newest pipe of a process speaks for it while it answers; an older one waits for its end.
    else if (holder.pipe && record.pipe.id < holder.pipe.pipe.id && holder.state === 'alive')
      this.#roster.addAlternate(holder, record)
    else this.#roster.replace(holder, claim, heard)
  }

  /** The pipe that speaks for the holder of the id says another line for it. */
  #settleOnPipe(holder: RollEntry, claim: Claim, isSamePlace: boolean, heard: Heard): void {
    const { record } = claim
    if (holder.lastAnswer === record.answers) {
      // Both stand in one answer: at one place they are one, and the first counts.
      if (!isSamePlace) this.#joinBeside(holder, claim, heard)
      return
    }
    // On a many pipe two processes may claim the same id: both were heard in one round.
    const isSameRound = record.pipe.isMany && heard.round !== undefined && holder.lastRound === heard.round
    if (isSameRound && !isSameProcess(holder, claim)) this.#joinBeside(holder, claim, heard)
    else this.#roster.replace(holder, claim, heard)
  }

  /** Another id at the same place is the same provider: its own word beats one given for it, a newer one an older, and
   * whoever answers one that is suspect. */
  #settlePlace(neighbour: RollEntry, claim: Claim, id: string, heard: Heard): void {
    const isOwn = claim.line.provider.by === undefined
    const isNeighbourOwn = neighbour.by === undefined
    const wins = isOwn === isNeighbourOwn ? isNewer(neighbour, claim) : isOwn
    if (!wins) return
    this.#roster.remove(neighbour, heard.nowMs)
    this.#roster.join(claim, id, heard)
  }

  #challenge(holder: RollEntry, challenger: Claim, askedAtMs: number): void {
    if (!holder.pipe) return
    const open = this.#contests.get(holder.pipe) ?? []
    const isKnown = open.some(
      ({ challenger: { record, line } }) => record === challenger.record && line.text === challenger.line.text,
    )
    if (isKnown) return
    open.push({ holder, challenger, askedAtMs })
    this.#contests.set(holder.pipe, open)
    this.#roster.ask(holder.pipe)
  }

  #settleContests(record: PipeRecord, heard: Heard, isAlive: boolean): void {
    const open = this.#contests.get(record)
    if (!open) return
    this.#contests.delete(record)
    for (const { holder, challenger, askedAtMs } of open) {
      if (!this.#roster.isAttached(challenger.record) || challenger.record.byText.has(challenger.line.text)) continue
      const current = this.#roster.index.find(holder.group, holder.id)
      const wasAskedSince = heard.nowMs - heard.roundTripMs >= askedAtMs
      if (!current) this.#roster.join(challenger, holder.id, heard)
      else if (!isAlive) this.#roster.replace(current, challenger, heard)
      else if (wasAskedSince) this.#joinBeside(current, challenger, heard)
      else this.#challenge(current, challenger, askedAtMs)
    }
  }

  #joinBeside(holder: RollEntry, claim: Claim, heard: Heard): void {
    const { index } = this.#roster
    const beside = (suffix: number) => `${holder.claimedId}~${suffix}`
    let suffix = 2
    while (index.find(holder.group, beside(suffix))?.detached === false) suffix += 1
    const former = index.find(holder.group, beside(suffix))
    if (former) this.#roster.remove(former, heard.nowMs)
    this.#roster.join(claim, beside(suffix), heard)
  }
}

/** By what it says of its start; programs that say nothing of that are known by their place. */
function isSameProcess(holder: RollEntry, { line, filled }: Claim): boolean {
  const { boot } = line.provider
  if (boot !== undefined || holder.boot !== undefined) return boot === holder.boot
  return filled.address === holder.address
}

function isNewer(neighbour: RollEntry, { record }: Claim): boolean {
  if (!neighbour.pipe || neighbour.state === 'suspect') return true
  if (neighbour.pipe !== record) return record.pipe.id > neighbour.pipe.pipe.id
  // The order of answers on a many pipe tells nothing. Of two lines of one answer the first counts.
  return !record.pipe.isMany && neighbour.lastAnswer !== record.answers
}
