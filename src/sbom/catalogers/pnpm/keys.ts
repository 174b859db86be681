/**
 * How a version of pnpm's lockfile writes its keys: `slash` is `/name/1.0.0_peer@2.0.0` (version 5), `slash-at` is
 * `/name@1.0.0(peer@2.0.0)` (version 6), `at` is the same without its slash (version 9).
 */
export type Keys = 'slash' | 'slash-at' | 'at'

/** What a key says: the package's name and version, and the key without the peers it was resolved among. */
export type SplitKey = { readonly name: string; readonly version: string; readonly plainKey: string }

/** Takes a key apart. What came from no registry has no version in its key; its entry says it. */
export function splitKey(key: string, keys: Keys): SplitKey {
  const plainKey = withoutPeers(key, keys)
  const body = keys === 'at' || !plainKey.startsWith('/') ? plainKey : plainKey.slice(1)
  const at = keys === 'slash' ? body.lastIndexOf('/') : body.indexOf('@', 1)
  if (at <= 0) return { name: body, version: '', plainKey }
  const version = body.slice(at + 1)
  return { name: body.slice(0, at), version: isVersion(version) ? version : '', plainKey }
}

/** The key of a dependency. A reference is a version among its peers, or already a key: of an alias, or of what is no registry's. */
export function dependencyKey(name: string, reference: string, keys: Keys): string {
  if (reference.startsWith('/')) return reference
  if (keys === 'slash') return isVersion(reference) ? `/${name}/${reference}` : reference
  if (keys === 'slash-at') return isVersion(reference) ? `/${name}@${reference}` : reference
  // An alias names the real package: `real@1.0.0`, `@scope/real@1.0.0`; an address has its `@` after a slash or colon.
  const at = reference.indexOf('@', 1)
  const isKey = at !== -1 && /^(?:@[^/@:()]+\/)?[^/@:()]+$/.test(reference.slice(0, at))
  return isKey ? reference : `${name}@${reference}`
}

function withoutPeers(key: string, keys: Keys): string {
  const mark = keys === 'slash' ? '_' : '('
  // A name may have an underscore; the peers of version 5 come after the last slash, behind the version.
  const at = key.indexOf(mark, keys === 'slash' ? versionStart(key) : 0)
  return at === -1 ? key : key.slice(0, at)
}

/** Where the version begins in a key of version 5: peers may hold slashes of their own, but begin only after the first version. */
function versionStart(key: string): number {
  const parts = key.split('/')
  const first = key.startsWith('/') ? 1 : 0
  const nameParts = parts[first]?.startsWith('@') === true ? 2 : 1
  return parts.slice(0, first + nameParts).join('/').length + 1
}

function isVersion(text: string): boolean {
  return /^\d/.test(text)
}
