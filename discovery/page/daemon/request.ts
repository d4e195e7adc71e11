// Questions to the daemon that served this page, with the token where it wants one. The token is kept for as long as the tab is.

const tokenKey = 'rollcall-token'

export function keepToken(token: string): void {
  sessionStorage.setItem(tokenKey, token)
}

export function hasToken(): boolean {
  return readToken() !== null
}

function readToken(): string | null {
  return sessionStorage.getItem(tokenKey)
}

export function request(
  path: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Response> {
  const token = readToken()
  return fetch(path, {
    headers: { ...headers, ...(token !== null && { authorization: `Bearer ${token}` }) },
    signal,
    cache: 'no-store',
    redirect: 'error',
  })
}

/** Longer than any answer of a daemon that is well. */
const timeoutMs = 5_000

/** JSON of a path; undefined where the daemon has none (an unknown name, a token that it wants, warming up). Rejects when it is not
 * there. */
export async function requestJson(path: string): Promise<unknown> {
  const response = await request(path, { accept: 'application/json' }, AbortSignal.timeout(timeoutMs))
  return response.ok ? response.json() : undefined
}
