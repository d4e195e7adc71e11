// How the parts of the page stand together.

import type { Live } from '../live.ts'
import { isFromBefore } from '../roll/roll.ts'
import { link, roll } from '../state.ts'
import { Announcer } from './announcer.tsx'
import { Changes } from './changes.tsx'
import { Detail } from './detail.tsx'
import { Filters } from './filters.tsx'
import { Masthead } from './masthead.tsx'
import { Notices } from './notices.tsx'
import { RollTable } from './roll-table.tsx'
import { Rounds } from './rounds.tsx'
import { TokenForm } from './token-form.tsx'

export function Page({ live }: { readonly live: Live }) {
  const { phase } = link.value
  const isStale = phase === 'lost' || isFromBefore(roll.value)
  return (
    <div class={isStale ? 'page is-stale' : 'page'}>
      <Masthead />
      <Announcer />
      {link.value.phase === 'refused' ? (
        <main class="only-form">
          <TokenForm isTokenWrong={link.value.isTokenWrong} signIn={(token) => live.signIn(token)} />
        </main>
      ) : (
        <main>
          <Notices />
          <div class="overview">
            <Rounds />
          </div>
          <div class="columns">
            <div class="roll-column">
              <Filters />
              <RollTable />
            </div>
            <div class="side">
              <Detail />
              <Changes />
            </div>
          </div>
        </main>
      )}
    </div>
  )
}
