// What a reader has to know before believing the rest: the daemon is lost, restarted, frozen, warming up, or lacks something.

import type { ComponentChildren } from 'preact'
import { isFromBefore } from '../roll/roll.ts'
import { formatSpan, formatTime } from '../roll/format.ts'
import { health, history, link, nowMs, roll } from '../state.ts'

/** How long a restart is worth a notice. */
const restartShownMs = 60_000

export function Notices() {
  const now = nowMs.value
  if (link.value.phase === 'lost') {
    const { sinceMs, reason } = link.value
    const hasRoll = roll.value.epoch !== ''
    return (
      <Notice name="lost" title={`The daemon is lost since ${formatTime(sinceMs)}`}>
        {hasRoll
          ? `${formatSpan(now - sinceMs)} ago. What you see is the last that it said, and may be true no more. `
          : 'It has not answered yet. '}
        It is being dialled again. <span class="notice-reason">{reason}</span>
      </Notice>
    )
  }
  const restart = history.value.find(({ type }) => type === 'restarted')
  return (
    <>
      {restart && now - restart.atMs < restartShownMs && (
        <Notice name="restarted" title={`The daemon restarted at ${formatTime(restart.atMs)}`}>
          {isFromBefore(roll.value)
            ? 'Everyone is being asked again. What you see is the last that it said before.'
            : 'Everyone was asked again, and this is who answered.'}
        </Notice>
      )}
      {health.value?.status === 'frozen' && (
        <Notice name="frozen" title="Removals are frozen">
          More than half of the roll fell silent at once. The daemon blames itself first, and removes nobody for a
          while.
        </Notice>
      )}
      {health.value?.engineLimits.map((limit) => (
        <Notice key={limit} name="limit" title={`Engine ${health.value?.engine}`}>
          {limit}
        </Notice>
      ))}
    </>
  )
}

interface NoticeProps {
  readonly name: string
  readonly title: string
  readonly children: ComponentChildren
}

function Notice({ name, title, children }: NoticeProps) {
  return (
    <div class={`notice is-${name}`} role="status">
      <strong>{title}</strong> <span>{children}</span>
    </div>
  )
}
