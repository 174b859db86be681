import { compareDigits, compareText } from './digits.ts'

/** A version of Python (PEP 440), its parts as digits: absent ones undefined. */
export type PypiVersion = {
  readonly epoch: string
  /** Without zeros at its end. */
  readonly release: readonly string[]
  readonly pre?: { readonly kind: 'a' | 'b' | 'rc'; readonly number: string }
  readonly post?: string
  readonly dev?: string
  readonly local: readonly string[]
}

const VERSION =
  /^v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(alpha|a|beta|b|preview|pre|c|rc)[-_.]?(\d*))?(?:-(\d+)|[-_.]?(post|rev|r)[-_.]?(\d*))?(?:[-_.]?(dev)[-_.]?(\d*))?(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?$/

const PRE_KINDS: Readonly<Record<string, 'a' | 'b' | 'rc'>> = {
  a: 'a',
  alpha: 'a',
  b: 'b',
  beta: 'b',
  c: 'rc',
  rc: 'rc',
  pre: 'rc',
  preview: 'rc',
}

/** Reads a version of Python. Undefined when it does not follow PEP 440. */
export function parsePypiVersion(text: string): PypiVersion | undefined {
  const found = VERSION.exec(text.trim().toLowerCase())
  if (found === null) return undefined
  const [, epoch = '0', release = '', preKind, preNumber = '', bare, postWord, postNumber = '', devWord, devNumber = '', local] = found
  const numbers = release.split('.')
  while (numbers.length > 1 && /^0+$/.test(numbers.at(-1) ?? '')) numbers.pop()
  const kind = preKind === undefined ? undefined : PRE_KINDS[preKind]
  return {
    epoch,
    release: numbers,
    ...(kind === undefined ? {} : { pre: { kind, number: preNumber || '0' } }),
    ...(bare === undefined && postWord === undefined ? {} : { post: bare ?? (postNumber || '0') }),
    ...(devWord === undefined ? {} : { dev: devNumber || '0' }),
    local: local === undefined ? [] : local.split(/[-_.]/),
  }
}

/** Order of two versions (PEP 440, "Summary of permitted suffixes and relative ordering"): negative, zero or positive. */
export function comparePypiVersions(a: PypiVersion, b: PypiVersion): number {
  return (
    compareDigits(a.epoch, b.epoch) ||
    compareReleases(a.release, b.release) ||
    comparePre(a, b) ||
    compareAbsentFirst(a.post, b.post) ||
    compareDev(a.dev, b.dev) ||
    compareLocals(a.local, b.local)
  )
}

function compareReleases(a: readonly string[], b: readonly string[]): number {
  for (let at = 0; at < Math.max(a.length, b.length); at += 1) {
    const order = compareDigits(a[at] ?? '0', b[at] ?? '0')
    if (order !== 0) return order
  }
  return 0
}

/** A pre-release comes before the release; of what is no pre-release, a bare development version comes before all of them. */
function comparePre(a: PypiVersion, b: PypiVersion): number {
  const left = preRank(a)
  const right = preRank(b)
  return left - right || compareDigits(a.pre?.number ?? '0', b.pre?.number ?? '0')
}

function preRank({ pre, post, dev }: PypiVersion): number {
  if (pre !== undefined) return pre.kind === 'a' ? 1 : pre.kind === 'b' ? 2 : 3
  return post === undefined && dev !== undefined ? 0 : 4
}

/** A development version comes before what it leads to. */
function compareDev(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return (a === undefined ? 1 : 0) - (b === undefined ? 1 : 0)
  return compareDigits(a, b)
}

function compareAbsentFirst(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return (a === undefined ? 0 : 1) - (b === undefined ? 0 : 1)
  return compareDigits(a, b)
}

/** A local version comes after the public one; numbers after words; what is longer after what it begins with. */
function compareLocals(a: readonly string[], b: readonly string[]): number {
  for (let at = 0; at < Math.min(a.length, b.length); at += 1) {
    const [left = '', right = ''] = [a[at], b[at]]
    const numeric = [left, right].map((segment) => /^\d+$/.test(segment))
    const order =
      numeric[0] === numeric[1]
        ? numeric[0] === true
          ? compareDigits(left, right)
          : compareText(left, right)
        : numeric[0] === true
          ? 1
          : -1
    if (order !== 0) return order
  }
  return a.length - b.length
}
