import { compareDigits, compareText } from './digits.ts'

/** A version of apk in its parts (apk-package(5), "Version"): `1.2.3b_rc1~0af9-r4`. */
export type ApkVersion = readonly ApkToken[]

type TokenKind = 'first' | 'number' | 'letter' | 'suffix' | 'suffixNumber' | 'hash' | 'revision'
type ApkToken = { readonly kind: TokenKind; readonly text: string }

/** The order in which parts may come; the end comes last of all. */
const KINDS: readonly TokenKind[] = ['first', 'number', 'letter', 'suffix', 'suffixNumber', 'hash', 'revision']
/** Those before `RELEASE` come before the version without a suffix, the others after it. */
const SUFFIXES: readonly string[] = ['alpha', 'beta', 'pre', 'rc', '', 'cvs', 'svn', 'git', 'hg', 'p']
const RELEASE = SUFFIXES.indexOf('')

const VERSION = /^(\d+)((?:\.\d+)*)((?:[a-z]\d*)?)((?:_[a-z]+\d*)*)((?:~[0-9a-f]+)?)((?:-r\d+)?)$/

/** Reads a version of apk. Undefined when it is none. */
export function parseApkVersion(text: string): ApkVersion | undefined {
  const [, first = '', numbers = '', letter = '', suffixes = '', hash = '', revision = ''] = VERSION.exec(text.trim()) ?? []
  if (first === '') return undefined
  const tokens: ApkToken[] = [{ kind: 'first', text: first }]
  for (const number of numbers.split('.').slice(1)) tokens.push({ kind: 'number', text: number })
  if (letter !== '') tokens.push({ kind: 'letter', text: letter.slice(0, 1) })
  // Not of the grammar, but Alpine has shipped versions such as 6.6.2p1, and apk orders them so.
  if (letter.length > 1) tokens.push({ kind: 'number', text: letter.slice(1) })
  for (const suffix of suffixes.split('_').slice(1)) {
    const digits = suffix.search(/\d/)
    const word = digits === -1 ? suffix : suffix.slice(0, digits)
    if (!SUFFIXES.includes(word)) return undefined
    tokens.push({ kind: 'suffix', text: word })
    if (digits !== -1) tokens.push({ kind: 'suffixNumber', text: suffix.slice(digits) })
  }
  if (hash !== '') tokens.push({ kind: 'hash', text: hash.slice(1) })
  if (revision !== '') tokens.push({ kind: 'revision', text: revision.slice(2) })
  return tokens
}

/** Order of two versions as apk sees it: negative, zero or positive. Parts of one kind in turn; where the kinds part, what came earlier in the grammar is newer, but for a pre-release. */
export function compareApkVersions(a: ApkVersion, b: ApkVersion): number {
  for (let at = 0; ; at += 1) {
    const left = a[at]
    const right = b[at]
    if (left === undefined && right === undefined) return 0
    if (left === undefined || right === undefined || left.kind !== right.kind) return compareParting(left, right)
    const order = compareTokens(left, right)
    if (order !== 0) return order
  }
}

function compareParting(left: ApkToken | undefined, right: ApkToken | undefined): number {
  if (isPrerelease(left)) return -1
  if (isPrerelease(right)) return 1
  return rankOf(right) - rankOf(left)
}

function isPrerelease(token: ApkToken | undefined): boolean {
  return token?.kind === 'suffix' && SUFFIXES.indexOf(token.text) < RELEASE
}

function rankOf(token: ApkToken | undefined): number {
  return token === undefined ? KINDS.length : KINDS.indexOf(token.kind)
}

function compareTokens(a: ApkToken, b: ApkToken): number {
  switch (a.kind) {
    case 'number':
      // With a leading zero it is a fraction: `1.01` comes before `1.1`.
      return a.text.startsWith('0') || b.text.startsWith('0') ? compareText(a.text, b.text) : compareDigits(a.text, b.text)
    case 'suffix':
      return SUFFIXES.indexOf(a.text) - SUFFIXES.indexOf(b.text)
    case 'letter':
    case 'hash':
      return compareText(a.text, b.text)
    default:
      return compareDigits(a.text, b.text)
  }
}
