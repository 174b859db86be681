import { addToGroup } from '../../../kernel/groups.ts'
import { textOf } from '../../../kernel/bytes.ts'
import { directoryOf, fileNameOf, joinPath } from '../../path.ts'
import type { Catalog, CatalogFile, CatalogMode } from '../cataloger.ts'
import { catalogGraph, layerOf } from '../lock-graph.ts'
import type { LockNeed, LockNode } from '../lock-graph.ts'
import { joinCatalogs } from '../join-catalogs.ts'
import { unlessBroken } from '../lockfile-cataloger.ts'
import { distributionOf, hashesOf, originOf, pythonPurl, soleHashes } from './identity.ts'
import { normalName, pinnedVersion } from './requirement.ts'
import { parseRequirementsFile } from './requirements-file.ts'
import type { RequirementLine, RequirementsFile } from './requirements-file.ts'

/** Files that are requirements by their name: `requirements.txt`, `dev-requirements.in`, `requirements/base.txt`. */
export function isRequirements(path: string): boolean {
  const name = fileNameOf(path)
  if (!/\.(?:txt|in)$/.test(name)) return false
  return /^requirements|requirements\.(?:txt|in)$/.test(name) || fileNameOf(directoryOf(path)) === 'requirements'
}

/** The files that a requirements file includes or is constrained by, from the target's root. */
export function includedBy(path: string, bytes: Uint8Array): string[] {
  const { includes, constraints } = parseRequirementsFile(new TextDecoder().decode(bytes))
  return [...includes, ...constraints].flatMap((included) => localPath(path, included) ?? [])
}

/** An include as a path from the root. Undefined for an address, an absolute path, and what lies above the root. */
function localPath(path: string, included: string): string | undefined {
  if (included === '' || /^[a-z]+:|^[\\/~$]/i.test(included)) return undefined
  const joined = joinPath(directoryOf(path), included)
  return joined.startsWith('..') ? undefined : joined
}

/**
 * Every requirements file as a catalog. A version that is pinned (there, or by a constraint) is a package at that version; where a
 * range stands, the package has no version and keeps the range, unless it is installed. A file is fully read when what it asks
 * for is pinned with hashes or was compiled, or is installed.
 */
export function catalogRequirements(
  files: ReadonlyMap<string, CatalogFile>,
  isInstalled: (name: string) => boolean,
  mode: CatalogMode,
): Catalog {
  const parsed = new Map<string, RequirementsFile>()
  for (const [path, file] of files) {
    const parse = (): RequirementsFile => parseRequirementsFile(textOf(file.bytes, 'artifact-malformed', path))
    const found = mode === 'installed' ? unlessBroken(parse) : parse()
    if (found !== undefined) parsed.set(path, found)
  }
  const catalogs: Catalog[] = []
  for (const path of parsed.keys()) {
    if (!isRequirements(path) || isSourceOfCompiled(path, parsed)) continue
    catalogs.push(...catalogWithIncludes(path, parsed, files, isInstalled, mode))
  }
  const read = [...parsed.keys()].filter((path) => isSourceOfCompiled(path, parsed))
  return joinCatalogs([...catalogs, { components: [], edges: [], projects: [], read }])
}

/** `requirements.in` beside the `requirements.txt` that was compiled from it asks for nothing more. */
function isSourceOfCompiled(path: string, parsed: ReadonlyMap<string, unknown>): boolean {
  return path.endsWith('.in') && parsed.has(`${path.slice(0, -'.in'.length)}.txt`)
}

/** A file and those it includes, each as its own catalog, all under the scope and the constraints of the first. */
function catalogWithIncludes(
  root: string,
  parsed: ReadonlyMap<string, RequirementsFile>,
  files: ReadonlyMap<string, CatalogFile>,
  isInstalled: (name: string) => boolean,
  mode: CatalogMode,
): Catalog[] {
  const reached = reachFrom(root, parsed)
  const pins = new Map<string, string>()
  for (const path of reached.constraints) {
    for (const { requirement } of parsed.get(path)?.lines ?? []) {
      const version = pinnedVersion(requirement.range)
      if (version !== undefined) pins.set(normalName(requirement.name), version)
    }
  }
  const isWhole = reached.missing ? () => false : (file: RequirementsFile): boolean => isPinnedWhole(file, isInstalled)
  return [...reached.files].map((path) => {
    const file = parsed.get(path) ?? parseRequirementsFile('')
    const nodes = nodesOf(file.lines, pins, isInstalled, isForDevelopment(root))
    const pinned = [...nodes.values()].every(({ range }) => range === undefined)
    const source = { cataloger: 'requirements', file: path, ...layerOf(files.get(path)) }
    const found = catalogGraph(
      { nodes, projects: [] },
      { ...source, ...(pinned ? {} : { method: 'manifest' as const, confidence: 0.5 }) },
      mode,
    )
    return { ...found, ...(isWhole(file) ? { read: [path] } : { read: [], partial: [path] }) }
  })
}

/** The files that are included, directly or not; missing when one of them was not handed in. */
function reachFrom(
  root: string,
  parsed: ReadonlyMap<string, RequirementsFile>,
): { readonly files: Set<string>; readonly constraints: Set<string>; readonly missing: boolean } {
  const files = new Set<string>()
  const constraints = new Set<string>()
  let missing = false
  const waiting = [root]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const file = parsed.get(path)
    if (files.has(path)) continue
    if (file === undefined) {
      missing = true
      continue
    }
    files.add(path)
    for (const included of file.includes) {
      const local = localPath(path, included)
      if (local === undefined) missing = true
      else waiting.push(local)
    }
    for (const constraint of file.constraints) constraints.add(localPath(path, constraint) ?? '')
  }
  return { files, constraints, missing }
}

function isPinnedWhole({ lines, unnamed }: RequirementsFile, isInstalled: (name: string) => boolean): boolean {
  if (unnamed.some((line) => !/^\.\/?$/.test(line))) return false
  const compiled = lines.some(({ via }) => via.length > 0)
  return lines.every(
    ({ requirement, hashes }) =>
      isInstalled(requirement.name) || (pinnedVersion(requirement.range) !== undefined && (compiled || hashes.length > 0)),
  )
}

function isForDevelopment(path: string): boolean {
  return /(?:^|[-_./])(?:dev|develop|development|test|tests|testing|lint|docs|doc|typing|ci)(?:[-_./]|$)/.test(path)
}

function nodesOf(
  lines: readonly RequirementLine[],
  pins: ReadonlyMap<string, string>,
  isInstalled: (name: string) => boolean,
  dev: boolean,
): Map<string, LockNode> {
  const children = childrenOf(lines)
  const nodes = new Map<string, LockNode>()
  for (const [at, { requirement, hashes }] of lines.entries()) {
    const { name, range, url } = requirement
    const normal = normalName(name)
    const version = pinnedVersion(range) ?? pins.get(normal) ?? ''
    if (version === '' && url === undefined && isInstalled(name)) continue
    const distributions = hashes.flatMap((hash) => distributionOf(hashesOf(hash)))
    const needs = (children.get(normal) ?? []).map((to): LockNeed => ({ to, kind: 'required' }))
    nodes.set(nodes.has(normal) ? `${normal} ${at}` : normal, {
      purl: pythonPurl(name, version, url === undefined ? undefined : originOf(url)),
      name,
      version,
      hashes: soleHashes(distributions),
      distributions,
      needs,
      ...(version === '' && url === undefined ? { range: range === '' ? '*' : range } : {}),
      ...(dev ? { marked: 'dev' as const } : {}),
    })
  }
  return nodes
}

/** What each package is there for, turned round: what each package needs. */
function childrenOf(lines: readonly RequirementLine[]): Map<string, string[]> {
  const children = new Map<string, string[]>()
  for (const { requirement, via } of lines) {
    for (const one of via) {
      const parent = normalName(one.split(/[\s(]/, 1)[0] ?? '')
      if (!parent.startsWith('-')) addToGroup(children, parent, normalName(requirement.name))
    }
  }
  return children
}
