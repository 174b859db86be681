import { z } from 'zod'
import { fail } from '../../../kernel/errors.ts'
import { parseJson } from '../../../kernel/json.ts'
import { fileNameOf, joinPath, matchesGlob } from '../../path.ts'
import { licenceOf, needsOf } from './package-file.ts'
import type { Manifest } from './package-file.ts'
import { installedName } from './tree.ts'
import type { Need, Place, Tree } from './tree.ts'

const names = z.record(z.string(), z.string())
const flag = z.boolean().optional()
const ENTRY = z.object({
  name: z.string().optional(),
  version: z.string().optional(),
  resolved: z.string().optional(),
  integrity: z.string().optional(),
  link: flag,
  dev: flag,
  optional: flag,
  devOptional: flag,
  extraneous: flag,
  license: z.unknown().optional(),
  licenses: z.unknown().optional(),
  dependencies: names.optional(),
  optionalDependencies: names.optional(),
  devDependencies: names.optional(),
  peerDependencies: names.optional(),
  peerDependenciesMeta: z.record(z.string(), z.object({ optional: flag })).optional(),
  workspaces: z.union([z.array(z.string()), z.object({ packages: z.array(z.string()) }).transform((value) => value.packages)]).optional(),
})

type OldEntry = {
  version: string
  resolved?: string | undefined
  integrity?: string | undefined
  dev?: boolean | undefined
  optional?: boolean | undefined
  requires?: boolean | Record<string, string> | undefined
  dependencies?: Record<string, OldEntry> | undefined
}
const OLD_ENTRY: z.ZodType<OldEntry> = z.object({
  version: z.string(),
  resolved: z.string().optional(),
  // Some lockfiles hold `"integrity": false` beside git dependencies.
  integrity: z.string().optional().catch(undefined),
  dev: flag,
  optional: flag,
  requires: z.union([z.boolean(), names]).optional(),
  dependencies: z.lazy(() => z.record(z.string(), OLD_ENTRY)).optional(),
})

const LOCKFILE = z.object({
  name: z.string().optional(),
  version: z.string().optional(),
  lockfileVersion: z.number().int().optional(),
  packages: z.record(z.string(), ENTRY).optional(),
  dependencies: z.record(z.string(), z.unknown()).optional(),
})

/**
 * Reads package-lock.json or npm-shrinkwrap.json of version 1, 2 or 3, or the hidden node_modules/.package-lock.json.
 * In: the bytes, their path in the target, and of version 1 (which does not list what the project itself needs) the
 * project's package.json. Out: the tree by places, the project's root at `directory`. Throws `artifact-malformed`,
 * `version-unsupported`, `limit-exceeded`. Source: npm docs, "package-lock.json".
 */
export function parseLockfile(bytes: Uint8Array, where: string, directory: string, project: Manifest | undefined): Tree {
  const json = parseJson(bytes, where, { code: 'artifact-malformed', limitName: 'lockfileBytes' })
  const parsed = LOCKFILE.safeParse(json)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const field = issue === undefined ? '' : ` at \`${issue.path.join('.').slice(0, 120)}\`: ${issue.message.slice(0, 120)}`
    throw fail('artifact-malformed', `is not a lockfile of npm${field}`, {
      where,
      hint: 'make it again with `npm install --package-lock-only`',
    })
  }
  const { lockfileVersion = 1, packages } = parsed.data
  if (lockfileVersion > 3 || lockfileVersion < 0) {
    throw fail('version-unsupported', `is a lockfile of version ${lockfileVersion}; versions 1 to 3 are read`, { where })
  }
  if (packages !== undefined) return fromPackages(packages, directory, parsed.data)
  const old = z.record(z.string(), OLD_ENTRY).safeParse(parsed.data.dependencies ?? {})
  if (!old.success) throw fail('artifact-malformed', 'is not a lockfile of npm: an entry of `dependencies` is not valid', { where })
  return fromDependencies(old.data, directory, parsed.data, project)
}

type Entry = z.infer<typeof ENTRY>
type Header = { readonly name?: string | undefined; readonly version?: string | undefined }

function fromPackages(packages: Readonly<Record<string, Entry>>, directory: string, header: Header): Tree {
  const tree = new Map<string, Place>()
  for (const [key, entry] of Object.entries(packages)) {
    const path = joinPath(directory, key)
    const installed = installedName(key)
    const name = entry.name ?? (key === '' ? header.name : installed) ?? fileNameOf(path)
    const needs = needsOf(entry, { dev: installed === undefined })
    if (key === '') needs.push(...workspaceNeeds(entry.workspaces ?? [], packages))
    tree.set(path, {
      path,
      name,
      version: entry.version ?? (key === '' ? (header.version ?? '') : ''),
      needs,
      ...(entry.link === true && entry.resolved !== undefined ? { linkTo: joinPath(directory, entry.resolved) } : {}),
      ...claims(entry),
      ...(entry.dev === true ? { dev: true } : {}),
      ...(entry.optional === true || entry.devOptional === true ? { optional: true } : {}),
      ...(entry.extraneous === true ? { extraneous: true } : {}),
    })
  }
  return tree
}

function claims(entry: Entry): Pick<Place, 'resolved' | 'integrity' | 'licence'> {
  const licence = licenceOf(entry)
  return {
    ...(entry.resolved === undefined || entry.link === true ? {} : { resolved: entry.resolved }),
    ...(entry.integrity === undefined ? {} : { integrity: entry.integrity }),
    ...(licence === undefined ? {} : { licence }),
  }
}

/** A project needs each of its workspaces: the links of its own node_modules that lead to a folder its patterns name. */
function workspaceNeeds(patterns: readonly string[], packages: Readonly<Record<string, Entry>>): Need[] {
  const needs: Need[] = []
  for (const [key, { link, resolved }] of Object.entries(packages)) {
    if (link !== true || resolved === undefined || !key.startsWith('node_modules/')) continue
    const name = installedName(key)
    if (name === key.slice('node_modules/'.length) && patterns.some((pattern) => matchesGlob(resolved, pattern))) {
      needs.push({ name, kind: 'workspace' })
    }
  }
  return needs
}

function fromDependencies(
  dependencies: Readonly<Record<string, OldEntry>>,
  directory: string,
  header: Header,
  project: Manifest | undefined,
): Tree {
  const tree = new Map<string, Place>()
  tree.set(directory, {
    path: directory,
    name: header.name ?? project?.name ?? fileNameOf(directory),
    version: header.version ?? project?.version ?? '',
    needs: project === undefined ? [] : needsOf(project, { dev: true }),
  })
  addOldEntries(tree, directory, dependencies)
  return tree
}

function addOldEntries(tree: Map<string, Place>, parent: string, dependencies: Readonly<Record<string, OldEntry>>): void {
  for (const [alias, entry] of Object.entries(dependencies)) {
    const path = joinPath(parent, `node_modules/${alias}`)
    const requires = typeof entry.requires === 'object' ? Object.keys(entry.requires) : []
    tree.set(path, {
      path,
      ...oldIdentity(alias, entry),
      needs: requires.map((name) => ({ name, kind: 'required' as const })),
      ...(entry.integrity === undefined ? {} : { integrity: entry.integrity }),
      ...(entry.dev === true ? { dev: true } : {}),
      ...(entry.optional === true ? { optional: true } : {}),
    })
    addOldEntries(tree, path, entry.dependencies ?? {})
  }
}

/** Version 1 puts into `version` what came later to stand in three fields: a version, `npm:real@version`, or where it came from. */
function oldIdentity(alias: string, { version, resolved }: OldEntry): Pick<Place, 'name' | 'version' | 'resolved'> {
  const from = resolved === undefined ? {} : { resolved }
  if (version.startsWith('npm:')) {
    const at = version.lastIndexOf('@')
    return { name: version.slice('npm:'.length, at), version: version.slice(at + 1), ...from }
  }
  if (/^[a-z+]+:/i.test(version)) return { name: alias, version: '', resolved: version }
  return { name: alias, version, ...from }
}
