import { addToGroup } from '../../../kernel/groups.ts'
import { z } from 'zod'
import { fail } from '../../../kernel/errors.ts'
import { describeIssues } from '../../../kernel/shape.ts'
import { joinPath } from '../../path.ts'
import { parseLockYaml } from '../../text/block-yaml.ts'
import type { LockNeed } from '../lock-graph.ts'
import { projectKey } from '../npm/js-lock.ts'
import type { JsLock, JsPackage, JsProject } from '../npm/js-lock.ts'
import { resolveWanted } from './wanted.ts'
import type { YarnProject } from './wanted.ts'

const text = z.union([z.string(), z.number().transform(String)])
const ranges = z
  .record(
    z.string(),
    text.nullish().transform((range) => range ?? ''),
  )
  .nullish()
  .transform((value) => value ?? {})
const meta = z
  .record(z.string(), z.object({ optional: z.unknown().optional() }).nullish())
  .nullish()
  .transform((value) => value ?? {})
const ENTRY = z.object({
  version: text.nullish(),
  resolution: text,
  dependencies: ranges,
  peerDependencies: ranges,
  dependenciesMeta: meta,
  peerDependenciesMeta: meta,
})
const LOCKFILE = z.record(z.string(), z.unknown())
type Entry = z.infer<typeof ENTRY>

/**
 * Reads yarn.lock of yarn 2 and later (`__metadata` of version 4 to 10). Its checksums are of yarn's own archives, not of what a
 * registry serves, and are left out. In: the bytes, path and folder in the target, and the projects whose package.json is known,
 * which tell what is needed for development only. Throws `artifact-malformed`, `limit-exceeded`.
 */
export function parseYarnBerry(bytes: Uint8Array, where: string, directory: string, known: readonly YarnProject[]): JsLock {
  const entries = readEntries(bytes, where)
  const keyOf = new Map<string, string>()
  const byName = new Map<string, string[]>()
  for (const [descriptors, entry] of entries) {
    const { name, reference } = splitLocator(entry.resolution)
    const workspace = pathOf(reference, 'workspace:')
    const key = workspace === undefined ? descriptors : projectKey(joinPath(directory, workspace))
    for (const descriptor of descriptors.split(/,\s*/)) keyOf.set(descriptor.trim(), key)
    // A patched package stands beside the one it is made of; either is meant by the name alone.
    if (!reference.startsWith('patch:')) addToGroup(byName, name, key)
  }
  const packages = new Map<string, JsPackage>()
  const projects: JsProject[] = []
  for (const [key, entry] of entries) {
    const { name, reference } = splitLocator(entry.resolution)
    const lookUp = (wanted: string, range: string): string | undefined =>
      keyOf.get(`${wanted}@${range}`) ??
      keyOf.get(`${wanted}@npm:${range}`) ??
      keyOf.get(`${wanted}@${range}::locator=${encodeURIComponent(entry.resolution)}`)
    const find = resolveWanted(known, lookUp, byName)
    const workspace = pathOf(reference, 'workspace:')
    if (workspace === undefined) packages.set(key, packageOf(entry, name, reference, directory, needsOf(entry, find, undefined)))
    else {
      const folder = joinPath(directory, workspace)
      projects.push({
        directory: folder,
        name,
        needs: needsOf(
          entry,
          find,
          known.find((one) => one.directory === folder),
        ),
      })
    }
  }
  return { packages, projects }
}

function readEntries(bytes: Uint8Array, where: string): [string, Entry][] {
  const refuse = (why: string): Error =>
    fail('artifact-malformed', `is not a lockfile of yarn: ${why}`, {
      where,
      hint: 'make it again with `yarn install --mode=update-lockfile`',
    })
  const [document, second] = parseLockYaml(bytes, where)
  const parsed = LOCKFILE.safeParse(document)
  if (!parsed.success || second !== undefined) throw refuse('it is no single map')
  return Object.entries(parsed.data).flatMap(([key, value]): [string, Entry][] => {
    if (key === '__metadata') return []
    const entry = ENTRY.safeParse(value)
    if (!entry.success) throw refuse(`\`${key.slice(0, 100)}\`: ${describeIssues(entry.error)}`)
    return [[key, entry.data]]
  })
}

/** A workspace's entry lists what it needs for development and for running alike; its package.json tells them apart. */
function needsOf(entry: Entry, find: ReturnType<typeof resolveWanted>, project: YarnProject | undefined): LockNeed[] {
  const kinds = new Map(project?.wants.map(({ name, kind }) => [name, kind]))
  const needs = Object.entries(entry.dependencies).flatMap(([name, range]) =>
    find({ name, range, kind: isOptional(entry.dependenciesMeta, name) ? 'optional' : kinds.get(name) === 'dev' ? 'dev' : 'required' }),
  )
  const peers = Object.keys(entry.peerDependencies).flatMap((name) =>
    find({ name, range: '', kind: 'peer' }).map(({ to }) => ({
      to,
      kind: isOptional(entry.peerDependenciesMeta, name) ? ('optional' as const) : ('peer' as const),
    })),
  )
  return [...needs, ...peers]
}

function isOptional(about: Entry['dependenciesMeta'], name: string): boolean {
  return Object.hasOwn(about, name) && String(about[name]?.optional) === 'true'
}

function packageOf(entry: Entry, name: string, reference: string, directory: string, needs: readonly LockNeed[]): JsPackage {
  const [plain = '', parameters = ''] = reference.split('::', 2)
  const origin = originOf(plain, new URLSearchParams(parameters))
  const folder = folderOf(plain, new URLSearchParams(parameters).get('locator') ?? '')
  return {
    name,
    version: entry.version === '0.0.0-use.local' ? '' : (entry.version ?? ''),
    needs,
    ...(origin === undefined ? {} : { resolved: origin }),
    ...(folder === undefined ? {} : { directory: joinPath(directory, folder) }),
  }
}

/** Where a package came from, if from no registry: an address, or a repository at a commit. */
function originOf(reference: string, parameters: URLSearchParams): string | undefined {
  if (reference.startsWith('npm:')) return parameters.get('__archiveUrl') ?? undefined
  const [address = '', fragment = ''] = reference.split('#', 2)
  const commit = /(?:^|&)commit=([0-9a-f]+)/.exec(fragment)?.[1]
  if (commit !== undefined)
    return `${/^git[+@:]/.test(address) ? '' : 'git+'}${address.replace(/^git@([^:/]+):/, 'git+ssh://git@$1/')}#${commit}`
  return /^https?:/.test(address) ? address : undefined
}

/** The folder of a `file:`, `portal:` or `link:` reference, from the root: it is written from the workspace that needs it. */
function folderOf(reference: string, locator: string): string | undefined {
  const path = /^(?:file|portal|link):([^#]*)/.exec(reference)?.[1]
  if (path === undefined || /\.(?:tgz|tar\.gz)$/.test(path)) return undefined
  return joinPath(pathOf(splitLocator(locator).reference, 'workspace:') ?? '', path)
}

function pathOf(reference: string, protocol: string): string | undefined {
  return reference.startsWith(protocol) ? reference.slice(protocol.length) : undefined
}

/** `name@reference`. */
function splitLocator(locator: string): { name: string; reference: string } {
  const at = locator.indexOf('@', 1)
  return at === -1 ? { name: locator, reference: '' } : { name: locator.slice(0, at), reference: locator.slice(at + 1) }
}
