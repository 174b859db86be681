import { z } from 'zod'
import { joinPath } from '../../path.ts'
import { distributionOf, hashesOf } from './identity.ts'
import type { PythonOrigin } from './identity.ts'
import { readLockTable } from './lock-table.ts'
import type { LocalFolder } from './poetry.ts'
import { wantOf } from './python-lock.ts'
import type { PythonPackage } from './python-lock.ts'
import { parseRequirement } from './requirement.ts'

const file = z.object({ file: z.string().optional(), url: z.string().optional(), hash: z.string().optional() })
const LOCK = z.object({
  package: z
    .array(
      z.object({
        name: z.string(),
        version: z.string().optional(),
        groups: z.array(z.string()).optional(),
        dependencies: z.array(z.string()).default([]),
        files: z.array(file).default([]),
        git: z.string().optional(),
        revision: z.string().optional(),
        url: z.string().optional(),
        path: z.string().optional(),
      }),
    )
    .default([]),
  metadata: z.object({ files: z.record(z.string(), z.array(file)).default({}) }).default({ files: {} }),
})
type Package = z.infer<typeof LOCK>['package'][number]

/**
 * Reads pdm.lock of version 3 and 4. In: the bytes, their path and folder in the target, and the groups that the project calls
 * optional; what is in no group of those and not in `default` is for development. Throws `artifact-malformed`, `limit-exceeded`.
 */
export function parsePdmLock(
  bytes: Uint8Array,
  where: string,
  directory: string,
  optionalGroups: readonly string[],
): { packages: PythonPackage[]; folders: LocalFolder[] } {
  const { package: packages, metadata } = readLockTable(bytes, where, LOCK, 'pdm')
  const folders = packages.flatMap(({ name, path }) =>
    path === undefined || /\.(?:whl|zip|tar\.gz)$/.test(path) ? [] : [{ name, directory: joinPath(directory, path) }],
  )
  return {
    packages: packages.map((one) => {
      const { name, version = '' } = one
      // Before version 4.3 files stand apart, by name and version.
      const key = `${name} ${version}`
      const files = one.files.length > 0 ? one.files : Object.hasOwn(metadata.files, key) ? (metadata.files[key] ?? []) : []
      const marked = markOf(one, optionalGroups)
      return {
        name,
        version,
        origin: originOf(one),
        distributions: files.flatMap(({ url, hash }) => distributionOf(hashesOf(hash), url)),
        // An entry of a package with extras needs the entry without them, which is the same package.
        wants: one.dependencies.flatMap((text) => {
          const requirement = parseRequirement(text)
          return requirement === undefined || requirement.name === name ? [] : [wantOf(requirement)]
        }),
        ...(marked === undefined ? {} : { marked }),
      }
    }),
    folders,
  }
}

function originOf({ git, revision, url }: Package): PythonOrigin | undefined {
  if (git !== undefined) return { repository: git, commit: revision }
  return url === undefined ? undefined : { address: url }
}

function markOf({ groups }: Package, optionalGroups: readonly string[]): PythonPackage['marked'] {
  if (groups === undefined || groups.includes('default')) return undefined
  return groups.some((group) => optionalGroups.includes(group)) ? 'optional' : 'dev'
}
