import { addToGroup } from '../../../kernel/groups.ts'
import { compareDebVersions, parseDebVersion } from '../../../package/deb-version.ts'
import type { DpkgPackage } from './status.ts'

type Relation = { readonly name: string; readonly operator?: string; readonly version?: string }

/**
 * Which installed packages satisfy a package's Depends and Pre-Depends: of each clause the first alternative that
 * something installed satisfies (Debian Policy 7.1, 7.5); a package of that name before one that provides it.
 */
export function resolveDepends(packages: readonly DpkgPackage[]): Map<DpkgPackage, DpkgPackage[]> {
  const byName = groupByName(packages)
  const providers = groupByProvided(packages)
  const resolved = new Map<DpkgPackage, DpkgPackage[]>()
  for (const from of packages) {
    const targets = new Set<DpkgPackage>()
    for (const clause of parseRelations(from.depends)) {
      for (const alternative of clause) {
        const target = satisfying(alternative, from, byName, providers)
        if (target === undefined) continue
        if (target !== from) targets.add(target)
        break
      }
    }
    resolved.set(from, [...targets])
  }
  return resolved
}

type Provider = { readonly by: DpkgPackage; readonly version?: string }

function satisfying(
  wanted: Relation,
  from: DpkgPackage,
  byName: ReadonlyMap<string, readonly DpkgPackage[]>,
  providers: ReadonlyMap<string, readonly Provider[]>,
): DpkgPackage | undefined {
  const real = (byName.get(wanted.name) ?? []).filter((candidate) => versionHolds(candidate.version, wanted))
  const virtual = (providers.get(wanted.name) ?? []).filter(({ version }) => versionHolds(version, wanted)).map(({ by }) => by)
  const candidates = real.length > 0 ? real : virtual
  // Of several architectures the one of the package itself is meant.
  return candidates.find(({ architecture }) => architecture === from.architecture || architecture === 'all') ?? candidates[0]
}

/** A versioned relation is met by a version; a provided name without a version meets unversioned relations only. */
function versionHolds(version: string | undefined, { operator, version: bound }: Relation): boolean {
  if (operator === undefined || bound === undefined) return true
  const left = version === undefined ? undefined : parseDebVersion(version)
  const right = parseDebVersion(bound)
  if (left === undefined || right === undefined) return false
  const order = compareDebVersions(left, right)
  switch (operator) {
    case '<<':
      return order < 0
    case '<=':
    case '<':
      return order <= 0
    case '>>':
      return order > 0
    case '>=':
    case '>':
      return order >= 0
    default:
      return order === 0
  }
}

/** `a (>= 1) | b:any, c` as clauses of alternatives. An architecture after the name does not narrow what is installed here. */
export function parseRelations(list: string): Relation[][] {
  const clauses: Relation[][] = []
  for (const clause of list.split(',')) {
    const alternatives: Relation[] = []
    for (const alternative of clause.split('|')) {
      const relation = parseRelation(alternative)
      if (relation !== undefined) alternatives.push(relation)
    }
    if (alternatives.length > 0) clauses.push(alternatives)
  }
  return clauses
}

function parseRelation(text: string): Relation | undefined {
  const open = text.indexOf('(')
  const name = (open === -1 ? text : text.slice(0, open)).trim().split(/[\s:[<]/, 1)[0] ?? ''
  if (name === '') return undefined
  if (open === -1) return { name }
  const [, operator, version] = /^(<<|<=|>>|>=|<|>|=)?\s*(\S+)$/.exec(text.slice(open + 1, text.indexOf(')', open)).trim()) ?? []
  return version === undefined ? { name } : { name, operator: operator ?? '=', version }
}

function groupByName(packages: readonly DpkgPackage[]): Map<string, DpkgPackage[]> {
  const groups = new Map<string, DpkgPackage[]>()
  for (const one of packages) addToGroup(groups, one.name, one)
  return groups
}

function groupByProvided(packages: readonly DpkgPackage[]): Map<string, Provider[]> {
  const groups = new Map<string, Provider[]>()
  for (const by of packages) {
    for (const { name, version } of parseRelations(by.provides).flat()) {
      const group = groups.get(name) ?? []
      group.push({ by, ...(version === undefined ? {} : { version }) })
      groups.set(name, group)
    }
  }
  return groups
}
