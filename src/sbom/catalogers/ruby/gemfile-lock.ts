import { textOf } from '../../../kernel/bytes.ts'
import type { DigestSet } from '../../../kernel/digest.ts'
import { withoutUserInfo } from '../../../kernel/redact.ts'
import { purlText } from '../../../package/purl.ts'
import { malformed } from '../../byte-view.ts'
import type { LockGraph, LockNeed, LockNode } from '../lock-graph.ts'
import { namelessProject } from '../nameless-project.ts'

type Spec = {
  readonly name: string
  readonly version: string
  readonly platform: string
  readonly needs: string[]
  /** Where it comes from when that is no repository of gems. */
  readonly source: string | undefined
  readonly isLocal: boolean
}

type Section = { readonly kind: string; readonly fields: Map<string, string> }

/**
 * Reads Gemfile.lock (or gems.locked): sections of sources with their gems at four spaces and what each needs at six, then what the project
 * asks for and checksums (Bundler, "Gemfile.lock"). A gem built for several platforms stands there once for each. Throws
 * `artifact-malformed` for a file without any section.
 */
export function parseGemfileLock(bytes: Uint8Array, where: string, directory: string): LockGraph {
  const specs: Spec[] = []
  const asked = new Set<string>()
  const checksums = new Map<string, string>()
  let section: Section | undefined
  for (const line of textOf(bytes, 'artifact-malformed', where).split(/\r?\n/)) {
    if (/^[<>=]{7}/.test(line)) throw malformed(where, 'has marks of a merge that was not finished')
    if (/^[A-Z][A-Z ]*$/.test(line)) section = { kind: line, fields: new Map() }
    else if (section?.kind === 'DEPENDENCIES') asked.add(nameOf(line.trim()))
    else if (section?.kind === 'CHECKSUMS') addChecksum(line.trim(), checksums)
    else if (section !== undefined && isSource(section.kind)) takeLine(line, section, specs)
  }
  if (section === undefined) throw malformed(where, 'is no lockfile of Bundler')
  return graphOf(specs, asked, checksums, directory)
}

function isSource(kind: string): boolean {
  return kind === 'GEM' || kind === 'GIT' || kind === 'PATH' || kind === 'PLUGIN SOURCE'
}

function takeLine(line: string, { kind, fields }: Section, specs: Spec[]): void {
  const text = line.trim()
  const indent = line.length - line.trimStart().length
  if (indent === 2) {
    const colon = text.indexOf(': ')
    if (colon !== -1) fields.set(text.slice(0, colon), text.slice(colon + 2))
  } else if (indent === 4) {
    const [, version = ''] = /\(([^()]*)\)$/.exec(text) ?? []
    // A version of RubyGems has no dash of its own.
    const dash = version.indexOf('-')
    const [plain, platform] = dash === -1 ? [version, ''] : [version.slice(0, dash), version.slice(dash + 1)]
    const source = kind === 'GIT' ? `${withoutUserInfo(fields.get('remote') ?? '')}@${fields.get('revision') ?? ''}` : undefined
    specs.push({ name: nameOf(text), version: plain, platform, needs: [], source, isLocal: kind === 'PATH' })
  } else if (indent === 6) specs.at(-1)?.needs.push(nameOf(text))
}

/** `name`, `name (>= 1)`, `name!`. */
function nameOf(text: string): string {
  return (text.split(' ', 1)[0] ?? '').replace(/!$/, '')
}

/** `name (version-platform) sha256=…`. */
function addChecksum(text: string, checksums: Map<string, string>): void {
  const [, name, version, sha256] = /^(\S+) \(([^()]*)\).*\bsha256=([0-9a-f]{64})\b/.exec(text) ?? []
  if (name !== undefined && version !== undefined && sha256 !== undefined) checksums.set(`${name} ${version}`, sha256)
}

function graphOf(specs: readonly Spec[], asked: ReadonlySet<string>, checksums: ReadonlyMap<string, string>, directory: string): LockGraph {
  const keys = new Map<string, string[]>()
  for (const spec of specs) {
    const known = keys.get(spec.name)
    if (known === undefined) keys.set(spec.name, [keyOf(spec)])
    else known.push(keyOf(spec))
  }
  const needsOf = (names: Iterable<string>): LockNeed[] =>
    [...new Set(names)].flatMap((name) => (keys.get(name) ?? []).map((to) => ({ to, kind: 'required' as const })))
  const nodes = new Map(specs.filter(({ name }) => name !== '').map((spec) => [keyOf(spec), nodeOf(spec, checksums, needsOf(spec.needs))]))
  return { nodes, projects: [namelessProject(directory, needsOf(asked))] }
}

function keyOf({ name, version, platform }: Spec): string {
  return `${name} ${platform === '' ? version : `${version}-${platform}`}`
}

function nodeOf(spec: Spec, checksums: ReadonlyMap<string, string>, needs: readonly LockNeed[]): LockNode {
  const sha256 = checksums.get(keyOf(spec))
  const hashes: DigestSet = sha256 === undefined ? {} : { sha256 }
  return {
    purl: purlText({
      type: 'gem',
      name: spec.name,
      version: spec.version,
      qualifiers: { platform: spec.platform, vcs_url: spec.source === undefined ? undefined : `git+${spec.source}` },
    }),
    name: spec.name,
    version: spec.version,
    hashes,
    needs,
    ...(spec.isLocal ? { type: 'application' } : {}),
  }
}
