import { z } from 'zod'
import { fail } from '../../../kernel/errors.ts'
import { joinPath } from '../../path.ts'
import { distributionOf, hashesOf } from './identity.ts'
import type { PythonOrigin } from './identity.ts'
import { readLockTable } from './lock-table.ts'
import type { PythonPackage, PythonProject, PythonWant } from './python-lock.ts'

const file = z.object({ url: z.string().optional(), path: z.string().optional(), hash: z.string().optional() })
const wanted = z.array(z.object({ name: z.string(), version: z.string().optional(), extra: z.array(z.string()).default([]) }))
const extras = z.record(z.string(), wanted).default({})
const LOCK = z.object({
  version: z.number().int(),
  package: z
    .array(
      z.object({
        name: z.string(),
        version: z.string().optional(),
        source: z
          .object({
            registry: z.string(),
            git: z.string(),
            url: z.string(),
            path: z.string(),
            directory: z.string(),
            editable: z.string(),
            virtual: z.string(),
          })
          .partial(),
        dependencies: wanted.default([]),
        'optional-dependencies': extras,
        'dev-dependencies': extras,
        sdist: file.optional(),
        wheels: z.array(file).default([]),
      }),
    )
    .default([]),
})
type Package = z.infer<typeof LOCK>['package'][number]

/**
 * Reads uv.lock of version 1. In: the bytes, their path and folder in the target. Out: its packages, and its projects (the one it
 * is for, members of its workspace, local folders). Throws `artifact-malformed`, `version-unsupported`, `limit-exceeded`.
 */
export function parseUvLock(bytes: Uint8Array, where: string, directory: string): { packages: PythonPackage[]; projects: PythonProject[] } {
  const lock = readLockTable(bytes, where, LOCK, 'uv')
  if (lock.version !== 1) throw fail('version-unsupported', `is a uv lockfile of version ${lock.version}; version 1 is read`, { where })
  const packages: PythonPackage[] = []
  const projects: PythonProject[] = []
  const asked = extrasAskedFor(lock.package)
  for (const one of lock.package) {
    const { name, version = '', source } = one
    const folder = source.virtual ?? source.editable ?? source.directory
    const wants = wantsOf(one, asked)
    if (folder !== undefined) projects.push({ directory: joinPath(directory, folder), name, version, wants })
    else {
      const files = [...(one.sdist === undefined ? [] : [one.sdist]), ...one.wheels]
      packages.push({
        name,
        version,
        origin: originOf(one),
        distributions: files.flatMap(({ url, hash }) => distributionOf(hashesOf(hash), url)),
        wants,
      })
    }
  }
  return { packages, projects }
}

function originOf({ source }: Package): PythonOrigin | undefined {
  if (source.git !== undefined) {
    const [address = '', commit] = source.git.split('#', 2)
    return { repository: address, commit }
  }
  return source.url === undefined ? undefined : { address: source.url }
}

/** `name[extra]` of every extra that some package or project asks for. */
function extrasAskedFor(packages: readonly Package[]): Set<string> {
  const all = packages.flatMap((one) => [
    ...one.dependencies,
    ...Object.values(one['optional-dependencies']).flat(),
    ...Object.values(one['dev-dependencies']).flat(),
  ])
  return new Set(all.flatMap(({ name, extra }) => extra.map((each) => `${name}[${each}]`)))
}

/** What an extra needs is needed once somebody asks for the extra. */
function wantsOf(one: Package, asked: ReadonlySet<string>): PythonWant[] {
  const of = (items: z.infer<typeof wanted>, kind: PythonWant['kind']): PythonWant[] =>
    items.map(({ name, version }) => ({ name, version, kind }))
  const optional = Object.entries(one['optional-dependencies']).flatMap(([extra, items]) =>
    of(items, asked.has(`${one.name}[${extra}]`) ? 'required' : 'optional'),
  )
  return [...of(Object.values(one['dev-dependencies']).flat(), 'dev'), ...optional, ...of(one.dependencies, 'required')]
}
