import { addToGroup } from '../../../kernel/groups.ts'
import { overLimit } from '../../../kernel/bytes.ts'
import { LIMITS } from '../../../kernel/limits.ts'
import { compareRpmVersions, parseRpmVersion } from '../../../package/rpm-version.ts'
import type { RpmVersion } from '../../../package/rpm-version.ts'
import type { Dependency, RpmPackage } from './header.ts'
import { parseRichDependency } from './rich-dependency.ts'
import type { RichDependency } from './rich-dependency.ts'

/** Comparison flags (rpm, lib/rpmds.h). */
const LESS = 2
const GREATER = 4
const EQUAL = 8
const ANY = LESS | GREATER | EQUAL
/** A feature of rpm itself, which no package provides. */
const RPMLIB = 1 << 24

type Range = { readonly flags: number; readonly version: RpmVersion | undefined }
type Provider = Range & { readonly by: RpmPackage }

/**
 * Which installed packages satisfy what each requires: by what they provide, or by the files they own; of several one of the
 * package's own architecture first, then the first of the database. In: the installed packages. Throws `limit-exceeded` when
 * that takes more than dependencySteps.
 */
export function resolveRequires(packages: readonly RpmPackage[]): Map<RpmPackage, RpmPackage[]> {
  const find = createFinder(packages)
  return new Map(
    packages.map((from) => {
      const targets = new Set<RpmPackage>()
      for (const need of from.requires) {
        if ((need.flags & RPMLIB) !== 0 || need.name.startsWith('rpmlib(')) continue
        const rich = need.name.startsWith('(') ? parseRichDependency(need.name) : undefined
        const found = rich === undefined ? [find(need, from)] : (satisfy(rich, (plain) => find(plain, from)) ?? [])
        for (const target of found) if (target !== undefined && target !== from) targets.add(target)
      }
      return [from, [...targets]]
    }),
  )
}

type Find = (need: Dependency, from: RpmPackage) => RpmPackage | undefined

function createFinder(packages: readonly RpmPackage[]): Find {
  const providers = new Map<string, Provider[]>()
  for (const by of packages) {
    for (const { name, flags, version } of by.provides) {
      const provider = { by, flags, version: parseRpmVersion(version) }
      addToGroup(providers, name, provider)
    }
  }
  const owners = ownersOf(packages, neededPaths(packages))
  let steps = 0
  return (need, from) => {
    const candidates = providers.get(need.name) ?? []
    steps += candidates.length
    if (steps > LIMITS.dependencySteps) throw overLimit('dependencySteps', LIMITS.dependencySteps)
    const range = { flags: need.flags, version: parseRpmVersion(need.version) }
    const able = candidates.filter((provider) => rangesMeet(provider, range)).map(({ by }) => by)
    if (able.length === 0) return owners.get(need.name) ?? owners.get(`/usr${need.name}`)
    if (able.includes(from)) return from
    return able.find(({ architecture }) => architecture === from.architecture || architecture === 'noarch') ?? able[0]
  }
}

/** The paths somebody requires, also where they lie since /bin and its kin became links into /usr. */
function neededPaths(packages: readonly RpmPackage[]): Set<string> {
  const paths = new Set<string>()
  for (const { requires } of packages) {
    for (const { name } of requires) {
      const needed = name.startsWith('(') ? (name.match(/\/[^\s()]+/g) ?? []) : name.startsWith('/') ? [name] : []
      for (const path of needed) paths.add(path).add(`/usr${path}`)
    }
  }
  return paths
}

function ownersOf(packages: readonly RpmPackage[], paths: ReadonlySet<string>): Map<string, RpmPackage> {
  const owners = new Map<string, RpmPackage>()
  for (const one of packages) {
    for (const file of one.files) if (paths.has(file) && !owners.has(file)) owners.set(file, one)
  }
  return owners
}

/** Whether two ranges of versions have one in common (rpm, rpmdsCompare). A side without a version meets any. */
function rangesMeet(provided: Range, needed: Range): boolean {
  if ((provided.flags & ANY) === 0 || (needed.flags & ANY) === 0) return true
  if (provided.version === undefined || needed.version === undefined) return true
  const order = compareRpmVersions(provided.version, needed.version)
  if (order < 0) return (provided.flags & GREATER) !== 0 || (needed.flags & LESS) !== 0
  if (order > 0) return (provided.flags & LESS) !== 0 || (needed.flags & GREATER) !== 0
  return (provided.flags & needed.flags & ANY) !== 0
}

/** The packages by which a boolean dependency is satisfied; undefined when it is not. */
function satisfy(rich: RichDependency, find: (need: Dependency) => RpmPackage | undefined): readonly RpmPackage[] | undefined {
  if (rich.kind === 'plain') {
    const found = find({ name: rich.name, flags: flagsOf(rich.operator), version: rich.version })
    return found === undefined ? undefined : [found]
  }
  const parts = rich.parts.map((part) => satisfy(part, find))
  const [first, second, third] = parts
  switch (rich.operator) {
    case 'or':
      return parts.find((part) => part !== undefined)
    case 'and':
    case 'with':
      return parts.includes(undefined) ? undefined : parts.flatMap((part) => part ?? [])
    case 'if':
      return second === undefined ? (third ?? []) : first
    case 'unless':
      return second === undefined ? first : (third ?? [])
    case 'without':
    case 'else':
      return first
  }
}

function flagsOf(operator: string): number {
  return (operator.includes('<') ? LESS : 0) | (operator.includes('>') ? GREATER : 0) | (operator.includes('=') ? EQUAL : 0)
}
