import { join } from 'node:path'
import type { Deps } from '../kernel/deps.ts'
import { digestOf } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import { TallyError } from '../kernel/errors.ts'
import type { Finding } from '../kernel/finding.ts'
import { canonicalBytes } from '../kernel/json.ts'
import { LIMITS } from '../kernel/limits.ts'
import { readFileBounded } from '../kernel/read-file.ts'
import { VERSION } from '../kernel/version.ts'
import { waiverState } from '../kernel/waiver.ts'
import type { Waiver } from '../kernel/waiver.ts'
import { ignoreOf, readIgnores } from './inline-ignores.ts'
import { findingAt, makeCheckFile } from './rule.ts'
import type { CheckFile, Rule } from './rule.ts'
import { RULES } from './rules/table.ts'
import { listFiles } from './walk.ts'

export type RuleInfo = Pick<Rule, 'id' | 'family' | 'severity' | 'title' | 'help' | 'docs'>

export type CheckReport = {
  /** Sorted by file and place; waived ones among them, marked. */
  readonly findings: readonly Finding[]
  /** How many of the findings a waiver or an inline ignore covers. */
  readonly waived: number
  /** Files at least one rule read. */
  readonly filesRead: number
  /** Files a rule wanted and did not read, and why: too large, no text. */
  readonly skipped: readonly { readonly file: string; readonly why: string }[]
  readonly rules: readonly RuleInfo[]
  /** Names the rules as they were: their ids and severities and the version of this program. */
  readonly ruleSet: Digest
}

export type CheckOptions = {
  readonly dir: string
  /** Relative paths to look at, as git tracks them. Left out: all files below `dir`. */
  readonly files?: readonly string[] | undefined
  readonly waivers: readonly Waiver[]
  readonly now: Date
}

/** A file that a rule wants and that is not what its name says: nobody can say what is in it. */
const UNREADABLE: RuleInfo = {
  id: 'unreadable-file',
  family: 'check',
  severity: 'high',
  title: 'A file that rules read cannot be read',
  help: 'mend the file, so that what runs it and what checks it read the same',
  docs: 'docs/rules.md#unreadable-file',
}
const IGNORE: RuleInfo = {
  id: 'ignore',
  family: 'check',
  severity: 'low',
  title: 'An inline ignore covers nothing',
  help: 'write it as: tally: ignore <rule> -- <reason> until <YYYY-MM-DD>',
  docs: 'docs/rules.md#ignore',
}

/**
 * Looks at the files of a directory by all rules. Reads only; runs nothing of the project. Throws what the system says of a
 * directory or file that cannot be opened; what a file holds never throws.
 */
export async function runChecks(deps: Pick<Deps, 'fs' | 'signal'>, options: CheckOptions): Promise<CheckReport> {
  const findings: Finding[] = []
  const skipped: { file: string; why: string }[] = []
  let filesRead = 0
  for (const path of await listFiles(deps, options.dir, options.files)) {
    const wanting = RULES.filter((rule) => rule.wants(path))
    if (wanting.length === 0) continue
    deps.signal.throwIfAborted()
    const read = await readText(deps, options.dir, path, wanting)
    if (read.kind === 'skipped') {
      skipped.push({ file: path, why: read.why })
      // Padding a workflow until nobody reads it must not make it pass.
      if (wanting.some((rule) => rule.family !== 'secrets'))
        findings.push(findingAt(UNREADABLE, makeCheckFile(path, ''), { start: 0, end: 0 }, read.why))
      continue
    }
    for (const rule of wanting) if (!read.rules.includes(rule)) skipped.push({ file: path, why: `is too large for ${rule.id}` })
    filesRead += 1
    findings.push(...checkFile(makeCheckFile(path, read.text), read.rules, options.now))
  }
  const judged = findings.map((finding) => waive(finding, options)).toSorted(byPlace)
  const rules = [...RULES.map(infoOf), UNREADABLE, IGNORE].toSorted((a, b) => (a.id < b.id ? -1 : 1))
  return {
    findings: judged,
    waived: judged.filter((finding) => finding.waivedBy !== undefined).length,
    filesRead,
    skipped,
    rules,
    ruleSet: digestOf(canonicalBytes({ version: VERSION, rules: rules.map(({ id, severity }) => ({ id, severity })) })),
  }
}

/** All findings of one file by these rules, inline ignores applied. Pure. */
export function checkFile(file: CheckFile, rules: readonly Rule[], now: Date): readonly Finding[] {
  const { ignores, findings } = readIgnores(file, new Set(RULES.map((rule) => rule.id)), now)
  const found = [...rules.flatMap((rule) => (rule.wants(file.path) ? applyRule(rule, file) : [])), ...findings]
  const seen = new Set<string>()
  return found.flatMap((finding) => {
    // One unreadable file is one finding, however many rules wanted it.
    const key = finding.rule === UNREADABLE.id ? finding.rule : undefined
    if (key !== undefined && seen.has(key)) return []
    if (key !== undefined) seen.add(key)
    const ignore = ignoreOf(finding, ignores)
    return ignore === undefined ? [finding] : [{ ...finding, waivedBy: `inline ignore until ${ignore.until}: ${ignore.reason}` }]
  })
}

function applyRule(rule: Rule, file: CheckFile): readonly Finding[] {
  try {
    return rule.check(file)
  } catch (error) {
    if (!(error instanceof TallyError) || (error.code !== 'config-invalid' && error.code !== 'limit-exceeded')) throw error
    const [, line, column] = /:(\d+):(\d+)$/.exec(error.where ?? '') ?? []
    const start = line === undefined ? 0 : file.lines.startOf(Number(line)) + Number(column) - 1
    return [findingAt(UNREADABLE, file, { start, end: start }, error.message)]
  }
}

type ReadResult =
  | { readonly kind: 'read'; readonly text: string; readonly rules: readonly Rule[] }
  | { readonly kind: 'skipped'; readonly why: string }

/** Reads a file as far as the rules that want it allow; a rule with a smaller cap than its size does not see it. */
async function readText(deps: Pick<Deps, 'fs'>, dir: string, path: string, wanting: readonly Rule[]): Promise<ReadResult> {
  const largest = wanting.reduce((a, b) => (limitOf(b) > limitOf(a) ? b : a))
  const { size } = await deps.fs.lstat(join(dir, path))
  const rules = wanting.filter((rule) => size <= limitOf(rule))
  if (rules.length === 0) return { kind: 'skipped', why: `is over the cap ${largest.limit ?? 'checkFileBytes'} (${limitOf(largest)})` }
  const bytes = await readFileBounded(deps, join(dir, path), largest.limit ?? 'checkFileBytes')
  if (bytes.subarray(0, 8192).includes(0)) return { kind: 'skipped', why: 'is no text' }
  // A secret beside bytes that are no UTF-8 is still a secret: they are replaced, not refused.
  return { kind: 'read', text: new TextDecoder().decode(bytes), rules }
}

function limitOf(rule: Rule): number {
  return LIMITS[rule.limit ?? 'checkFileBytes']
}

/** Marks a finding that a waiver covers (its rule, its file or `*`), and names waivers that do not hold. */
function waive(finding: Finding, options: CheckOptions): Finding {
  if (finding.waivedBy !== undefined) return finding
  const asked = options.waivers.filter((waiver) => waiver.clause === finding.rule)
  const states = asked.map((waiver) => ({ waiver, state: waiverState(waiver, finding.file, options.now) }))
  const holding = states.find(({ state }) => state.holds)
  if (holding !== undefined) return { ...finding, waivedBy: holding.waiver.id }
  const notes = states.flatMap(({ waiver, state }) =>
    !state.holds && (waiver.scope === finding.file || waiver.scope === '*') ? [state.why] : [],
  )
  return notes.length === 0 ? finding : { ...finding, message: [finding.message, ...notes].join('; ') }
}

function byPlace(a: Finding, b: Finding): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1
  return a.span.startLine - b.span.startLine || a.span.startColumn - b.span.startColumn || (a.rule < b.rule ? -1 : 1)
}

function infoOf({ id, family, severity, title, help, docs }: Rule): RuleInfo {
  return { id, family, severity, title, help, docs }
}
