import { withoutUserInfo } from '../kernel/redact.ts'

const PUBLIC = new Set(['https:', 'http:', 'ssh:', 'git:', 'git+ssh:'])
const SCP_LIKE = /^(?:[^\s@/:]{1,256}@)?([A-Za-z0-9.-]{2,253}):(?![/]{2}|:)([^\s\\]{1,2048})$/

/**
 * A remote's address as others may see it: no user info, no query, no fragment; the short form `user@host:path` as
 * `ssh://host/path`. Undefined for a local path or file URL, which names nothing outside of this machine.
 */
export function publicRemote(url: string): string | undefined {
  const short = SCP_LIKE.exec(url)
  if (short !== null && !url.includes('://')) {
    const [, host, path] = short
    return publicRemote(`ssh://${host}/${path?.replace(/^\/+/, '') ?? ''}`)
  }
  if (!URL.canParse(url)) return undefined
  const parsed = new URL(withoutUserInfo(url))
  if (!PUBLIC.has(parsed.protocol) || parsed.host === '') return undefined
  parsed.search = ''
  parsed.hash = ''
  return parsed.href
}
