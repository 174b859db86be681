const MASK = '[redacted]'
const URL_USER = /\b([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/?#'"]{1,512}@/gi
const QUERY_SECRET =
  /([?&](?:(?:access_|refresh_|id_)?token|(?:client_)?secret|api_?key|sig|signature|key|password|X-Amz-[A-Za-z-]{1,40})=)[^&\s'"]{1,4096}/gi
const AUTH_HEADER = /\b(Basic|Bearer)\s+[A-Za-z0-9._~+/=-]{6,}/g

/** Takes user info, token-like query values and authorization values out of a text that may hold a URL or header. */
export function redact(text: string): string {
  return text.replace(URL_USER, `$1${MASK}@`).replace(QUERY_SECRET, `$1${MASK}`).replace(AUTH_HEADER, `$1 ${MASK}`)
}

/** A URL without its user info, for evidence and messages. Text that is no URL comes back redacted. */
export function withoutUserInfo(url: string): string {
  try {
    const parsed = new URL(url)
    parsed.username = ''
    parsed.password = ''
    return parsed.href
  } catch {
    return redact(url)
  }
}
