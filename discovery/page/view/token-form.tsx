// Asks for the token of a daemon that wants one.

import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'

export interface TokenFormProps {
  readonly isTokenWrong: boolean
  readonly signIn: (token: string) => void
}

export function TokenForm({ isTokenWrong, signIn }: TokenFormProps) {
  const token = useSignal('')
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => field.current?.focus(), [])
  return (
    <form
      class="panel token-form"
      onSubmit={(event) => {
        event.preventDefault()
        if (token.value !== '') signIn(token.value)
      }}
    >
      <h2>This daemon wants a token</h2>
      <p class="quiet">
        The one that it was started with, as <code>HTTP_TOKEN</code>. It is kept until this tab is closed.
      </p>
      {isTokenWrong && <p role="alert">The daemon does not take the token that it was shown.</p>}
      <label>
        Token
        <input
          ref={field}
          type="password"
          name="token"
          autocomplete="current-password"
          value={token.value}
          onInput={(event) => (token.value = event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="primary-button">
        Show the roll
      </button>
    </form>
  )
}
