const KEY = 'tally-token'

/**
 * Takes the session token out of the printed URL (`#token=…`) into this tab's storage, so that it stands neither in the
 * history nor in what is copied from the address bar. Called once, before anything is read.
 */
export function takeToken(): void {
  const fragment = new URLSearchParams(location.hash.slice(1))
  const given = fragment.get('token')
  if (given === null) return
  sessionStorage.setItem(KEY, given)
  fragment.delete('token')
  const rest = fragment.toString()
  history.replaceState(history.state, '', `${location.pathname}${location.search}${rest === '' ? '' : `#${rest}`}`)
}

/** The token of this tab. Undefined: the page reads only. */
export function token(): string | undefined {
  return sessionStorage.getItem(KEY) ?? undefined
}
