import { z } from 'zod'
import { fail } from '../../../kernel/errors.ts'
import { describeIssues } from '../../../kernel/shape.ts'
import { joinPath } from '../../path.ts'
import { parseLockYaml } from '../../text/block-yaml.ts'
import type { LockNeed } from '../lock-graph.ts'
import { projectKey } from '../npm/js-lock.ts'
import type { JsLock, JsPackage, JsProject } from '../npm/js-lock.ts'
import { dependencyKey, splitKey } from './keys.ts'
import type { Keys } from './keys.ts'

const text = z.union([z.string(), z.number().transform(String)])
const flag = z.union([z.boolean(), z.string()]).optional()
/** `name: version`, or from version 6 on `name: { specifier, version }`. */
const references = z
  .record(z.string(), z.union([text, z.object({ version: text }).transform(({ version }) => version)]))
  .nullish()
  .transform((value) => value ?? {})
const project = z.object({ dependencies: references, devDependencies: references, optionalDependencies: references })
const resolution = z.object({
  integrity: text.optional(),
  tarball: text.optional(),
  repo: text.optional(),
  commit: text.optional(),
  directory: text.optional(),
  type: text.optional(),
})
const entry = z.object({
  name: text.optional(),
  version: text.optional(),
  resolution: resolution.nullish(),
  dependencies: references,
  optionalDependencies: references,
  peerDependencies: z
    .record(z.string(), z.unknown())
    .nullish()
    .transform((value) => value ?? {}),
  dev: flag,
  optional: flag,
})
const entries = z
  .record(
    z.string(),
    entry.nullish().transform((value) => value ?? entry.parse({})),
  )
  .nullish()
  .transform((value) => value ?? {})
const LOCKFILE = project.extend({
  lockfileVersion: text,
  importers: z
    .record(
      z.string(),
      project.nullish().transform((value) => value ?? project.parse({})),
    )
    .nullish(),
  packages: entries,
  snapshots: entries,
})
type Lockfile = z.infer<typeof LOCKFILE>
type Project = z.infer<typeof project>
type Entry = z.infer<typeof entry>

/**
 * Reads pnpm-lock.yaml of version 5 to 9. In: the bytes, their path and folder in the target. Of several documents in one file each
 * is read. Throws `artifact-malformed`, `version-unsupported`, `limit-exceeded`. Source: pnpm's own reader and writer of each version.
 */
export function parsePnpmLock(bytes: Uint8Array, where: string, directory: string): JsLock {
  const packages = new Map<string, JsPackage>()
  const projects = new Map<string, JsProject>()
  for (const document of parseLockYaml(bytes, where)) {
    if (document === null) continue
    const parsed = LOCKFILE.safeParse(document)
    if (!parsed.success) {
      throw fail('artifact-malformed', `is not a lockfile of pnpm: ${describeIssues(parsed.error)}`, {
        where,
        hint: 'make it again with `pnpm install --lockfile-only`',
      })
    }
    const keys = keysOf(parsed.data, where)
    for (const [key, one] of packagesOf(parsed.data, keys, directory)) packages.set(key, one)
    for (const one of projectsOf(parsed.data, keys, directory)) if (!projects.has(one.directory)) projects.set(one.directory, one)
  }
  return { packages, projects: [...projects.values()] }
}

function keysOf({ lockfileVersion }: Lockfile, where: string): Keys {
  const major = Number.parseInt(lockfileVersion, 10)
  if (!(major >= 5 && major <= 9)) {
    throw fail('version-unsupported', `is a pnpm lockfile of version ${lockfileVersion.slice(0, 20)}; versions 5 to 9 are read`, { where })
  }
  return major === 5 ? 'slash' : major === 6 ? 'slash-at' : 'at'
}

function projectsOf(lock: Lockfile, keys: Keys, directory: string): JsProject[] {
  const importers = Object.entries(lock.importers ?? { '.': lock })
  return importers.map(([path, one]) => {
    const folder = joinPath(directory, path)
    return { directory: folder, needs: projectNeeds(one, keys, folder, directory) }
  })
}

function projectNeeds(one: Project, keys: Keys, folder: string, root: string): LockNeed[] {
  const kinds = [
    ['dev', one.devDependencies],
    ['optional', one.optionalDependencies],
    ['required', one.dependencies],
  ] as const
  return kinds.flatMap(([kind, dependencies]) =>
    Object.entries(dependencies).map(([name, reference]) => ({ to: targetOf(name, reference, keys, folder, root), kind })),
  )
}

/** The key of what a reference names: a package, or for `link:` the project in that folder. */
function targetOf(name: string, reference: string, keys: Keys, folder: string, root: string): string {
  if (reference.startsWith('link:')) return projectKey(joinPath(folder, reference.slice('link:'.length)))
  // A workspace that is injected (copied in) stands as file:<its folder, from the root>; it is that project all the same.
  if (reference.startsWith('workspace:')) return projectKey(joinPath(root, reference.slice('workspace:'.length)))
  return dependencyKey(name, reference, keys)
}

function* packagesOf(lock: Lockfile, keys: Keys, directory: string): Generator<[string, JsPackage]> {
  if (keys !== 'at') {
    for (const [key, one] of Object.entries(lock.packages)) yield [key, packageOf(key, one, one, keys, directory)]
    return
  }
  const described = new Set<string>()
  for (const [key, snapshot] of Object.entries(lock.snapshots)) {
    const plain = splitKey(key, keys).plainKey
    described.add(plain)
    const about = Object.hasOwn(lock.packages, plain) ? lock.packages[plain] : undefined
    yield [key, packageOf(key, about ?? snapshot, snapshot, keys, directory)]
  }
  for (const [key, one] of Object.entries(lock.packages)) {
    if (!described.has(key)) yield [key, packageOf(key, one, one, keys, directory)]
  }
}

/** In: what the lockfile says of the package, and of it among its peers; before version 9 both stand in one entry. */
function packageOf(key: string, about: Entry, among: Entry, keys: Keys, directory: string): JsPackage {
  const split = splitKey(key, keys)
  const optional = new Set(Object.keys(among.optionalDependencies))
  const all = { ...among.dependencies, ...among.optionalDependencies }
  const needs = Object.entries(all).map(([name, reference]): LockNeed => {
    const kind = optional.has(name) ? 'optional' : Object.hasOwn(about.peerDependencies, name) ? 'peer' : 'required'
    return { to: targetOf(name, reference, keys, directory, directory), kind }
  })
  const resolved = originOf(about)
  return {
    name: about.name ?? split.name,
    version: about.version ?? split.version,
    needs,
    ...(resolved === undefined ? {} : { resolved }),
    ...(about.resolution?.directory === undefined ? {} : { directory: joinPath(directory, about.resolution.directory) }),
    ...(about.resolution?.integrity === undefined ? {} : { integrity: about.resolution.integrity }),
    ...(isTrue(about.dev) ? { marked: 'dev' as const } : isTrue(among.optional) ? { marked: 'optional' as const } : {}),
  }
}

function originOf({ resolution: from }: Entry): string | undefined {
  if (from?.repo !== undefined) return `git+${from.repo.replace(/^git\+/, '')}#${from.commit ?? ''}`
  return from?.tarball
}

function isTrue(value: boolean | string | undefined): boolean {
  return value === true || value === 'true'
}
