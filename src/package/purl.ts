import { fail } from '../kernel/errors.ts'
import { PURL_TYPES } from './purl-types.ts'

/** A package URL in its canonical parts (purl-spec, PURL-SPECIFICATION.rst): decoded, in the case its type asks for, absent parts undefined. */
export type Purl = {
  readonly type: string
  readonly namespace?: string
  readonly name: string
  readonly version?: string
  /** Sorted by key; never an empty value. */
  readonly qualifiers: Readonly<Record<string, string>>
  readonly subpath?: string
}

/** Parts as somebody wrote them, to be made canonical by `makePurl`. */
export type PurlParts = {
  readonly type: string
  readonly namespace?: string | undefined
  readonly name: string
  readonly version?: string | undefined
  readonly qualifiers?: Readonly<Record<string, string | undefined>> | undefined
  readonly subpath?: string | undefined
}

const TYPE = /^[a-z][a-z0-9.-]*$/
const QUALIFIER_KEY = /^[a-z][a-z0-9._-]*$/
const MAX_LENGTH = 8192

/**
 * Reads a package URL into canonical parts. In: the text, canonical or not (upper-case type, `%3A`, unsorted
 * qualifiers are accepted). Throws `reference-invalid` with the reason.
 */
export function parsePurl(text: string): Purl {
  if (text.length > MAX_LENGTH) throw invalid(text, `is longer than ${MAX_LENGTH} characters`)
  if (!/^pkg:/i.test(text)) throw invalid(text, 'does not start with `pkg:`')
  const [beforeSubpath, subpath] = splitLast(text.slice('pkg:'.length), '#')
  const [beforeQualifiers, query] = splitLast(beforeSubpath, '?')
  const path = stripSlashes(beforeQualifiers)
  const slash = path.indexOf('/')
  if (slash === -1) throw invalid(text, 'has no name')
  const [location, version] = splitVersion(path.slice(slash + 1))
  const type = path.slice(0, slash)
  const segments = location.split('/').map((segment) => decode(segment, text))
  // The path of a git repository is its name; only the host before it is the namespace.
  const nameAt = type.toLowerCase() === 'git' ? 1 : segments.length - 1
  return makePurl({
    type,
    namespace: segments.slice(0, nameAt).join('/'),
    name: segments.slice(nameAt).join('/'),
    version: version === undefined ? undefined : decode(version, text),
    qualifiers: query === undefined ? undefined : parseQualifiers(query, text),
    subpath: subpath === undefined ? undefined : parseSubpath(subpath, text),
  })
}

/** Makes canonical parts of loose ones by the rules of the type. Throws `reference-invalid` when a part is missing or not allowed. */
export function makePurl(parts: PurlParts): Purl {
  const shown = `pkg:${parts.type}/${parts.name}`
  const type = parts.type.toLowerCase()
  if (!TYPE.test(type)) throw invalid(shown, 'has no valid type')
  const rule = PURL_TYPES[type] ?? {}
  const qualifiers = canonicalQualifiers(parts.qualifiers ?? {}, shown)
  const given = {
    namespace: (parts.namespace ?? '').split('/').filter(Boolean).join('/'),
    name: parts.name.replace(/^\/|\/$/g, ''),
    version: parts.version ?? '',
    qualifiers,
  }
  const settled = { ...given, ...rule.canonical?.(given) }
  if (settled.name === '') throw invalid(shown, 'has no name')
  if (rule.namespace === 'required' && settled.namespace === '') throw invalid(shown, `needs a namespace, as every ${type} package`)
  if (rule.namespace === 'prohibited' && settled.namespace !== '') throw invalid(shown, `has a namespace, which ${type} does not know`)
  const refusal = rule.refuse?.(settled)
  if (refusal !== undefined) throw invalid(shown, refusal)
  const subpath = cleanSubpath((parts.subpath ?? '').split('/'))
  return {
    type,
    ...(settled.namespace === '' ? {} : { namespace: settled.namespace }),
    name: settled.name,
    ...(settled.version === '' ? {} : { version: settled.version }),
    qualifiers,
    ...(subpath === '' ? {} : { subpath }),
  }
}

/** The canonical text of a package URL. */
export function formatPurl(purl: Purl): string {
  const namespace = purl.namespace === undefined ? '' : `${encodePath(purl.namespace)}/`
  const name = purl.type === 'git' ? encodePath(purl.name) : encode(purl.name)
  const version = purl.version === undefined ? '' : `@${encode(purl.version)}`
  const pairs = Object.entries(purl.qualifiers).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const query = pairs.map(([key, value]) => `${key}=${encode(value)}`).join('&')
  const subpath = purl.subpath === undefined ? '' : `#${encodePath(purl.subpath)}`
  return `pkg:${purl.type}/${namespace}${name}${version}${query === '' ? '' : `?${query}`}${subpath}`
}

/** Loose parts straight to canonical text. */
export function purlText(parts: PurlParts): string {
  return formatPurl(makePurl(parts))
}

function canonicalQualifiers(given: Readonly<Record<string, string | undefined>>, shown: string): Record<string, string> {
  const pairs: [string, string][] = []
  const seen = new Set<string>()
  for (const [rawKey, value] of Object.entries(given)) {
    const key = rawKey.toLowerCase()
    if (!QUALIFIER_KEY.test(key)) throw invalid(shown, 'has a qualifier whose key is not valid')
    if (seen.has(key)) throw invalid(shown, `has the qualifier \`${key}\` twice`)
    seen.add(key)
    if (value !== undefined && value !== '') pairs.push([key, value])
  }
  return Object.fromEntries(pairs.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

function parseQualifiers(query: string, text: string): Record<string, string> {
  const found = new Map<string, string>()
  for (const pair of query.split('&')) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    if (equals < 1) throw invalid(text, 'has a qualifier without a key or `=`')
    const key = pair.slice(0, equals).toLowerCase()
    if (found.has(key)) throw invalid(text, `has the qualifier \`${key.slice(0, 40)}\` twice`)
    found.set(key, decode(pair.slice(equals + 1), text))
  }
  return Object.fromEntries(found)
}

function parseSubpath(subpath: string, text: string): string {
  return cleanSubpath(subpath.split('/').map((segment) => decode(segment, text)))
}

function cleanSubpath(segments: readonly string[]): string {
  return segments.filter((segment) => segment !== '' && segment !== '.' && segment !== '..').join('/')
}

function splitLast(text: string, mark: string): [string, string | undefined] {
  const at = text.lastIndexOf(mark)
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}

/** Splits off the version at the last `@` of the last segment; an `@` further left belongs to an npm scope written unencoded. */
function splitVersion(location: string): [string, string | undefined] {
  const at = location.lastIndexOf('@')
  return at > location.lastIndexOf('/') ? [location.slice(0, at), location.slice(at + 1)] : [location, undefined]
}

function stripSlashes(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && text[start] === '/') start += 1
  while (end > start && text[end - 1] === '/') end -= 1
  return text.slice(start, end)
}

function encode(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (unit) => `%${unit.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%3A', ':')
}

function encodePath(text: string): string {
  return text.split('/').map(encode).join('/')
}

function decode(text: string, whole: string): string {
  try {
    return decodeURIComponent(text)
  } catch (cause) {
    throw fail('reference-invalid', 'is not a package URL: it has a `%` that encodes no UTF-8', { where: whole.slice(0, 200), cause })
  }
}

function invalid(text: string, why: string): Error {
  return fail('reference-invalid', `is not a package URL: it ${why}`, {
    where: text.slice(0, 200),
    hint: 'write it as pkg:<type>/<namespace>/<name>@<version>, for example pkg:npm/%40scope/name@1.2.3',
  })
}
