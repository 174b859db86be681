/** A dependency as Python writes it (PEP 508): `name[extra] >=1,<2 ; marker`, or `name @ address`. */
export type Requirement = {
  readonly name: string
  readonly extras: readonly string[]
  /** The version specifiers without blanks, as written; empty for any version. */
  readonly range: string
  readonly url?: string
  readonly marker: string
}

const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?/
const MAX_LENGTH = 16_384

/** Reads a dependency. Undefined when it is none. */
export function parseRequirement(text: string): Requirement | undefined {
  const trimmed = text.trim()
  const name = trimmed.length > MAX_LENGTH ? undefined : NAME.exec(trimmed)?.[0]
  if (name === undefined) return undefined
  let rest = trimmed.slice(name.length).trimStart()
  let extras: string[] = []
  if (rest.startsWith('[')) {
    const close = rest.indexOf(']')
    if (close === -1) return undefined
    extras = wordsOf(rest.slice(1, close))
    rest = rest.slice(close + 1).trimStart()
  }
  if (rest.startsWith('@')) {
    // A blank is needed before the semicolon, since addresses may hold one.
    const [url, marker] = splitAt(rest.slice(1).trim(), /\s;/)
    return url === '' || /\s/.test(url) ? undefined : { name, extras, range: '', url, marker: marker.trim() }
  }
  const [specifiers, marker] = splitAt(rest, /;/)
  const range = rangeOf(specifiers)
  return range === undefined ? undefined : { name, extras, range, marker: marker.trim() }
}

/** The one version a range allows (`==1.2`, `===1.2`). Undefined for any other. */
export function pinnedVersion(range: string): string | undefined {
  return /^={2,3}([^*,<>=!~]+)$/.exec(range)?.[1]
}

/** A name as it is compared (PEP 503): lower case, each run of `-`, `_` and `.` one hyphen. */
export function normalName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-')
}

const SPECIFIER = /^(?:===|==|~=|!=|<=|>=|<|>)\s*[A-Za-z0-9._+*!-]+$/

function rangeOf(text: string): string | undefined {
  const bare = text
    .trim()
    .replace(/^\((.*)\)$/s, '$1')
    .trim()
  if (bare === '') return ''
  const specifiers = bare.split(',').map((specifier) => specifier.trim())
  // A last comma is allowed, as in `(>=1,)`.
  if (specifiers.at(-1) === '') specifiers.pop()
  return specifiers.every((specifier) => SPECIFIER.test(specifier)) ? specifiers.map((one) => one.replace(/\s+/g, '')).join(',') : undefined
}

function splitAt(text: string, mark: RegExp): [string, string] {
  const at = text.search(mark)
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(text.indexOf(';', at) + 1)]
}

function wordsOf(list: string): string[] {
  return list
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
}
