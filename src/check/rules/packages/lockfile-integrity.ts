import type { Finding } from '../../../kernel/finding.ts'
import { redact } from '../../../kernel/redact.ts'
import { safeText, shorten } from '../../../kernel/text.ts'
import { yamlGet, yamlString } from '../../../kernel/yaml-node.ts'
import type { YamlEntry, YamlNode } from '../../../kernel/yaml-node.ts'
import { findingAt } from '../../rule.ts'
import type { CheckFile, Rule } from '../../rule.ts'

/** Without a hash the registry, or whoever stands between, decides what is installed. */
export const lockfileIntegrity: Rule = {
  id: 'lockfile-integrity',
  family: 'packages',
  severity: 'high',
  title: 'A locked package is not bound to its bytes',
  help: 'delete the entry and lock it again from a registry over https: npm install --package-lock-only',
  docs: 'docs/rules.md#lockfile-integrity',
  limit: 'lockfileBytes',
  wants: (path) => /^(?:.*\/)?(?:package-lock|npm-shrinkwrap)\.json$/.test(path),
  check: (file) => {
    const root = file.json()
    const packages = yamlGet(root, 'packages')
    if (packages?.kind === 'map') return packages.entries.flatMap((entry) => judgeEntry(file, entry, nameOf(entry)))
    // Lockfile version 1 has nested dependencies only.
    return nested(yamlGet(root, 'dependencies')).flatMap((entry) => judgeEntry(file, entry, nameOfOld(entry)))
  },
}

/** All entries of a version 1 lockfile, in the order of the text. */
function nested(dependencies: YamlNode | undefined): readonly YamlEntry[] {
  const all: YamlEntry[] = dependencies?.kind === 'map' ? [...dependencies.entries] : []
  // Grows while it is walked.
  for (const entry of all) {
    const inner = yamlGet(entry.value, 'dependencies')
    if (inner?.kind === 'map') all.push(...inner.entries)
  }
  return all
}

/** The name a package is fetched by: an alias says it, otherwise the place it is installed at. Undefined for workspaces. */
function nameOf(entry: YamlEntry): string | undefined {
  const marker = 'node_modules/'
  const at = entry.key.lastIndexOf(marker)
  if (at === -1) return undefined
  return yamlString(yamlGet(entry.value, 'name')) ?? entry.key.slice(at + marker.length)
}

/** Version 1 writes an alias as the version `npm:name@1.2.3`. */
function nameOfOld(entry: YamlEntry): string {
  const version = yamlString(yamlGet(entry.value, 'version')) ?? ''
  return version.startsWith('npm:') ? version.slice('npm:'.length).replace(/(?!^)@[^@/]*$/, '') : entry.key
}

function judgeEntry(file: CheckFile, entry: YamlEntry, name: string | undefined): readonly Finding[] {
  const flag = (key: string): boolean => {
    const node = yamlGet(entry.value, key)
    return node?.kind === 'scalar' && node.value === true
  }
  // The project itself, workspaces, links to them, and what arrives inside another package.
  if (name === undefined || flag('link') || flag('inBundle') || flag('bundled')) return []
  const resolvedNode = yamlGet(entry.value, 'resolved') ?? gitVersion(entry)
  const resolved = yamlString(resolvedNode)
  const integrity = yamlString(yamlGet(entry.value, 'integrity'))
  const shownName = shorten(safeText(name), 80)
  const found: Finding[] = []
  if (resolved !== undefined && isGit(resolved)) {
    const pinned = /#[0-9a-f]{40}$/.test(resolved)
    const message = `\`${shownName}\` comes from a git repository${pinned ? ', without a hash of its bytes' : ' and is not bound to a commit'}`
    return [findingAt(lockfileIntegrity, file, resolvedNode ?? entry.keyRange, message, pinned ? { severity: 'medium' } : {})]
  }
  if (resolved?.toLowerCase().startsWith('http://') === true) {
    found.push(
      findingAt(
        lockfileIntegrity,
        file,
        resolvedNode ?? entry.keyRange,
        `\`${shownName}\` is fetched without encryption (${shorten(safeText(redact(resolved)), 100)})`,
      ),
    )
  }
  if (resolved !== undefined && !namesPackage(resolved, name)) {
    found.push(
      findingAt(
        lockfileIntegrity,
        file,
        resolvedNode ?? entry.keyRange,
        `\`${shownName}\` is fetched as another package (${shorten(safeText(redact(resolved)), 100)})`,
      ),
    )
  }
  if (integrity === undefined) {
    if (resolved?.startsWith('file:') !== true)
      found.push(findingAt(lockfileIntegrity, file, entry.keyRange, `\`${shownName}\` has no integrity`))
  } else if (!/\bsha(?:256|384|512)-[A-Za-z0-9+/]{40,}/.test(integrity)) {
    const place = yamlGet(entry.value, 'integrity') ?? entry.keyRange
    found.push(findingAt(lockfileIntegrity, file, place, `\`${shownName}\` has an integrity of a broken hash only`, { severity: 'medium' }))
  }
  return found
}

/** Version 1 writes a git dependency as its version. */
function gitVersion(entry: YamlEntry): YamlNode | undefined {
  const version = yamlGet(entry.value, 'version')
  return isGit(yamlString(version) ?? '') ? version : undefined
}

function isGit(resolved: string): boolean {
  return /^(?:git(?:\+[a-z]+)?:|github:|gitlab:|bitbucket:|git@)/i.test(resolved)
}

/** Registries serve a package at …/<name>/-/<file>.tgz; other forms are not judged. */
function namesPackage(resolved: string, name: string): boolean {
  const at = resolved.indexOf('/-/')
  if (!/^https?:\/\//i.test(resolved) || at === -1) return true
  const path = resolved.slice(0, at).replace(/%2f/i, '/').replace(/%40/, '@')
  return path.toLowerCase().endsWith(`/${name.toLowerCase()}`)
}
