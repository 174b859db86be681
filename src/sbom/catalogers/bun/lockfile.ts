import { z } from 'zod'
import { fail } from '../../../kernel/errors.ts'
import { describeIssues } from '../../../kernel/shape.ts'
import { joinPath } from '../../path.ts'
import { parseJsonc } from '../../text/jsonc.ts'
import type { LockNeed } from '../lock-graph.ts'
import { projectKey } from '../npm/js-lock.ts'
import type { JsLock, JsPackage, JsProject } from '../npm/js-lock.ts'

const names = z
  .record(z.string(), z.string())
  .optional()
  .transform((value) => Object.keys(value ?? {}))
const NEEDS = z.object({
  dependencies: names,
  devDependencies: names,
  optionalDependencies: names,
  peerDependencies: names,
  optionalPeers: z
    .array(z.string())
    .optional()
    .transform((value) => value ?? []),
})
const LOCKFILE = z.object({
  lockfileVersion: z.number().int(),
  workspaces: z.record(z.string(), NEEDS.extend({ name: z.string().optional(), version: z.string().optional() })),
  packages: z
    .record(z.string(), z.array(z.unknown()))
    .optional()
    .transform((value) => value ?? {}),
})
type Needs = z.infer<typeof NEEDS>

/**
 * Reads bun.lock of version 0 to 2. In: the bytes, their path and folder in the target. Throws `artifact-malformed`,
 * `version-unsupported`, `limit-exceeded`. Source: Bun docs, "Lockfile", and what bun 1.2 to 1.4 write.
 */
export function parseBunLock(bytes: Uint8Array, where: string, directory: string): JsLock {
  const parsed = LOCKFILE.safeParse(parseJsonc(bytes, where, 'lockfileBytes'))
  if (!parsed.success) {
    throw fail('artifact-malformed', `is not a lockfile of bun: ${describeIssues(parsed.error)}`, {
      where,
      hint: 'make it again with `bun install --lockfile-only`',
    })
  }
  const { lockfileVersion, workspaces, packages: entries } = parsed.data
  if (lockfileVersion < 0 || lockfileVersion > 2) {
    throw fail('version-unsupported', `is a bun lockfile of version ${lockfileVersion}; versions 0 to 2 are read`, { where })
  }
  const keys = new Map<string, string>()
  for (const [path, entry] of Object.entries(entries)) {
    const folder = /@workspace:(.*)$/.exec(idOf(entry))?.[1]
    keys.set(path, folder === undefined ? path : projectKey(joinPath(directory, folder)))
  }
  const projects = Object.entries(workspaces).map(([folder, workspace]): JsProject => {
    const { name, version } = workspace
    return {
      directory: joinPath(directory, folder),
      ...(name === undefined ? {} : { name }),
      ...(version === undefined ? {} : { version }),
      needs: needsOf(workspace, folder === '' ? '' : (name ?? ''), keys),
    }
  })
  const packages = new Map<string, JsPackage>()
  for (const [path, entry] of Object.entries(entries)) {
    if (keys.get(path) === path) packages.set(path, packageOf(path, entry, directory, keys))
  }
  return { packages, projects }
}

function idOf(entry: readonly unknown[]): string {
  return typeof entry[0] === 'string' ? entry[0] : ''
}

/** An entry is a list: `name@where from`, then by kind a registry, what it needs, and its hash. */
function packageOf(path: string, entry: readonly unknown[], directory: string, keys: ReadonlyMap<string, string>): JsPackage {
  const id = idOf(entry)
  const at = id.indexOf('@', 1)
  const name = at === -1 ? id : id.slice(0, at)
  const from = at === -1 ? '' : id.slice(at + 1)
  const about = NEEDS.safeParse(entry.find((part) => typeof part === 'object' && part !== null))
  const integrity = entry.slice(1).find((part): part is string => typeof part === 'string' && /^sha\d+-/.test(part))
  const folder = /^(?:file|link):(.*)$/.exec(from)?.[1]
  const isVersion = /^v?\d/.test(from)
  return {
    name,
    version: isVersion ? from : '',
    needs: about.success ? needsOf(about.data, path, keys) : [],
    ...(isVersion || folder !== undefined ? {} : { resolved: from }),
    ...(integrity === undefined ? {} : { integrity }),
    ...(folder === undefined ? {} : { directory: joinPath(directory, folder) }),
  }
}

function needsOf(about: Needs, from: string, keys: ReadonlyMap<string, string>): LockNeed[] {
  const optionalPeers = new Set(about.optionalPeers)
  const kinds = new Map<string, LockNeed['kind']>()
  for (const name of about.devDependencies) kinds.set(name, 'dev')
  for (const name of about.peerDependencies) kinds.set(name, optionalPeers.has(name) ? 'optional' : 'peer')
  for (const name of about.dependencies) kinds.set(name, 'required')
  for (const name of about.optionalDependencies) kinds.set(name, 'optional')
  return [...kinds].flatMap(([name, kind]) => {
    const to = resolveFrom(from, name, keys)
    return to === undefined ? [] : [{ to, kind }]
  })
}

/** Keys are paths of names, as of nested node_modules: what `a/b` needs is looked for as `a/b/name`, `a/name`, `name`. */
function resolveFrom(from: string, name: string, keys: ReadonlyMap<string, string>): string | undefined {
  for (let above = from; above !== ''; above = parentOf(above)) {
    const found = keys.get(`${above}/${name}`)
    if (found !== undefined) return found
  }
  return keys.get(name)
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf('/')
  if (slash === -1) return ''
  const parent = path.slice(0, slash)
  const segment = parent.slice(parent.lastIndexOf('/') + 1)
  // A scope belongs to the name behind it.
  return segment.startsWith('@') ? parent.slice(0, Math.max(0, parent.length - segment.length - 1)) : parent
}
