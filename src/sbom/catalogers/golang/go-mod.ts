import { textOf } from '../../../kernel/bytes.ts'
import { fail } from '../../../kernel/errors.ts'

export type GoRequirement = { readonly path: string; readonly version: string; readonly indirect: boolean }
export type GoReplacement = { readonly path: string; readonly version?: string; readonly by: string; readonly byVersion?: string }

/** A go.mod: its module, what it requires, and what stands in for what. */
export type GoMod = {
  readonly module: string
  /** The language version; from 1.17 on every module of the build is listed. */
  readonly go: string
  readonly requires: readonly GoRequirement[]
  readonly replaces: readonly GoReplacement[]
}

/** Reads a go.mod (Go Modules Reference, "go.mod files"). Directives it does not know are passed over. Throws `artifact-malformed` at file:line. */
export function parseGoMod(bytes: Uint8Array, where: string): GoMod {
  let module = ''
  let go = ''
  const requires: GoRequirement[] = []
  const replaces: GoReplacement[] = []
  let block: string | undefined
  for (const [at, raw] of textOf(bytes, 'artifact-malformed', where).split('\n').entries()) {
    const slashes = commentStart(raw)
    const words = wordsOf(raw.slice(0, slashes))
    const refuse = (why: string): Error => fail('artifact-malformed', `is not a go.mod: ${why}`, { where: `${where}:${at + 1}` })
    if (words === undefined) throw refuse('a quoted text does not end')
    if (words.length === 0) continue
    if (block !== undefined && words[0] === ')') {
      block = undefined
      continue
    }
    const directive = block ?? words[0] ?? ''
    const rest = block === undefined ? words.slice(1) : words
    if (block === undefined && rest.length === 1 && rest[0] === '(') {
      block = directive
      continue
    }
    if (directive === 'module') module = rest[0] ?? ''
    else if (directive === 'go') go = rest[0] ?? ''
    else if (directive === 'require') {
      const [path, version] = rest
      if (path === undefined || version === undefined) throw refuse('a requirement has no version')
      requires.push({ path, version, indirect: /^\/\/\s*indirect(?:$|[\s;])/.test(raw.slice(slashes)) })
    } else if (directive === 'replace') {
      const replacement = replacementOf(rest)
      if (replacement === undefined) throw refuse('a replacement has no `=>` with a module behind it')
      replaces.push(replacement)
    }
  }
  if (block !== undefined) throw fail('artifact-malformed', 'is not a go.mod: a block does not end', { where })
  return { module, go, requires, replaces }
}

function replacementOf(words: readonly string[]): GoReplacement | undefined {
  const arrow = words.indexOf('=>')
  const path = words[0]
  const by = words[arrow + 1]
  if (arrow < 1 || path === undefined || by === undefined) return undefined
  const version = arrow === 2 ? words[1] : undefined
  const byVersion = words[arrow + 2]
  return { path, by, ...(version === undefined ? {} : { version }), ...(byVersion === undefined ? {} : { byVersion }) }
}

/** Where a comment begins; the length of the line when there is none. Slashes inside quotes are text. */
function commentStart(line: string): number {
  let quote = ''
  for (let at = 0; at < line.length; at += 1) {
    const unit = line[at] ?? ''
    if (quote !== '') quote = unit === quote ? '' : quote
    else if (unit === '"' || unit === '`') quote = unit
    else if (unit === '/' && line[at + 1] === '/') return at
  }
  return line.length
}

/** Words of a line, those in quotes without them. Undefined for a quote that does not end. */
function wordsOf(line: string): string[] | undefined {
  const words: string[] = []
  let at = 0
  while (at < line.length) {
    const unit = line[at] ?? ''
    if (/\s/.test(unit)) at += 1
    else if (unit === '(' || unit === ')') {
      words.push(unit)
      at += 1
    } else {
      const quoted = unit === '"' || unit === '`'
      const end = quoted ? line.indexOf(unit, at + 1) : endOfWord(line, at)
      if (end === -1) return undefined
      words.push(line.slice(quoted ? at + 1 : at, end))
      at = quoted ? end + 1 : end
    }
  }
  return words
}

function endOfWord(line: string, from: number): number {
  let at = from
  while (at < line.length && !/[\s()]/.test(line[at] ?? '')) at += 1
  return at
}
