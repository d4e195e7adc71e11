// How the page comes to know what it shows: the stream folded in frame by frame, and what is polled while somebody looks. Everything
// about the browser that can wake, hide or cut off a page is here.

import { batch } from '@preact/signals'
import { systemClock } from '../../messaging/sp/clock.ts'
import { createBatch } from './daemon/batch.ts'
import { openPoll } from './daemon/poll.ts'
import { hasToken, keepToken, request, requestJson } from './daemon/request.ts'
import { openWatch } from './daemon/watch.ts'
import type { Reading, RollEvent } from './daemon/wire.ts'
import { readHealth, readReadings, readRollEvent, readRounds } from './daemon/wire.ts'
import { isFromBefore, keyOf } from './roll/roll.ts'
import * as state from './state.ts'

/** Two heartbeats of `/watch`, and a little more. */
const silenceMs = 35_000
const roundsEveryMs = 2_000
const readingsEveryMs = 5_000
/** A page that nobody sees lets go of its stream, and later goes on from there: a browser opens six connections to a host, whatever
 * the number of tabs. */
const restAfterMs = 60_000

export interface Live {
  /** With a token for a daemon that asked for one. */
  signIn(token: string): void
}

export function openLive(): Live {
  const events = createBatch<RollEvent>({
    clock: systemClock,
    onFrame(run) {
      const frame = requestAnimationFrame(run)
      return () => cancelAnimationFrame(frame)
    },
    apply: (gathered) => state.applyEvents(gathered, Date.now()),
  })
  const dial = (position = '') =>
    openWatch({
      position,
      request,
      clock: systemClock,
      random: Math.random,
      silenceMs,
      onEvent(streamed) {
        const event = readRollEvent(streamed)
        if (event) events.add(event)
      },
      onLive() {
        state.becomeLive(Date.now())
        for (const poll of polls) poll.hurry()
      },
      onLost(reason) {
        events.flush()
        state.becomeLost(reason, Date.now())
      },
      onRefused: () => (state.link.value = { phase: 'refused', isTokenWrong: hasToken() }),
    })

  let watch = dial()
  const poll = (everyMs: number, ask: () => Promise<void>) =>
    openPoll({
      clock: systemClock,
      everyMs,
      isWanted: () => !document.hidden && state.link.value.phase === 'live',
      ask,
      onFailure: () => watch.doubt(),
    })
  const asked = new Set<string>()
  const readingsPoll = poll(readingsEveryMs, () => askReadings(asked))
  const polls = [poll(roundsEveryMs, askRounds), readingsPoll]

  // Who comes into view for the first time is not left without figures until the next turn.
  const askForNew = () => {
    if (wantedServices().some((service) => !asked.has(service))) readingsPoll.hurry()
  }
  state.servicesInView.subscribe(askForNew)
  state.selectedKey.subscribe(askForNew)

  let isResting = false
  let cancelRest = () => {}
  function look(): void {
    cancelRest()
    if (document.hidden) {
      cancelRest = systemClock.after(restAfterMs, () => {
        isResting = true
        watch.close()
      })
      return
    }
    state.nowMs.value = Date.now()
    if (isResting) watch = dial(watch.position)
    else watch.retry()
    isResting = false
    for (const each of polls) each.hurry()
  }
  document.addEventListener('visibilitychange', look)
  addEventListener('online', look)
  setInterval(() => {
    if (!document.hidden) state.nowMs.value = Date.now()
  }, 1_000)

  return {
    signIn(token) {
      keepToken(token)
      state.link.value = { phase: 'connecting' }
      watch.close()
      watch = dial()
    },
  }
}

async function askRounds(): Promise<void> {
  const [health, rounds] = await Promise.all([requestJson('/health'), requestJson('/rounds')])
  batch(() => {
    if (health !== undefined) state.health.value = readHealth(health)
    if (rounds !== undefined) state.rounds.value = readRounds(rounds)
  })
}

function wantedServices(): readonly string[] {
  const { selected, servicesInView } = state
  return [...new Set([...(selected.value ? [selected.value.service] : []), ...servicesInView.value])]
}

async function askReadings(asked: Set<string>): Promise<void> {
  // A daemon that does not know yet who is here has nothing to tell of them.
  if (isFromBefore(state.roll.value)) return
  const fresh = new Map<string, Reading>()
  for (const service of wantedServices()) {
    asked.add(service)
    const body = await requestJson(`/services/${service}?dynamic=true`)
    if (body === undefined) continue
    for (const reading of readReadings(body)) fresh.set(keyOf({ service, id: reading.id }), reading)
  }
  // Of those that are not in view the last is kept, while they are on the roll.
  for (const [key, reading] of state.readings.value) {
    if (!fresh.has(key) && state.roll.value.instances.has(key)) fresh.set(key, reading)
  }
  state.readings.value = fresh
}
