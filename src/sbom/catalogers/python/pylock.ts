import { z } from 'zod'
import { fail } from '../../../kernel/errors.ts'
import type { DigestSet } from '../../../kernel/digest.ts'
import { joinPath } from '../../path.ts'
import { distributionOf, hashesOf } from './identity.ts'
import type { PythonOrigin } from './identity.ts'
import { readLockTable } from './lock-table.ts'
import type { LocalFolder } from './poetry.ts'
import type { PythonPackage } from './python-lock.ts'

const file = z.object({ url: z.string().optional(), path: z.string().optional(), hashes: z.record(z.string(), z.string()).default({}) })
const LOCK = z.object({
  'lock-version': z.string(),
  packages: z
    .array(
      z.object({
        name: z.string(),
        version: z.string().optional(),
        marker: z.string().optional(),
        dependencies: z.array(z.object({ name: z.string().optional(), version: z.string().optional() })).default([]),
        vcs: z.object({ type: z.string(), url: z.string().optional(), 'commit-id': z.string().optional() }).optional(),
        directory: z.object({ path: z.string() }).optional(),
        archive: file.optional(),
        sdist: file.optional(),
        wheels: z.array(file).default([]),
      }),
    )
    .default([]),
})
type Package = z.infer<typeof LOCK>['packages'][number]

/**
 * Reads pylock.toml (PEP 751). What only a marker of groups or extras lets in is marked. In: the bytes, their path and folder in the
 * target. Throws `artifact-malformed`, `version-unsupported`, `limit-exceeded`.
 */
export function parsePylock(bytes: Uint8Array, where: string, directory: string): { packages: PythonPackage[]; folders: LocalFolder[] } {
  const lock = readLockTable(bytes, where, LOCK, 'Python (PEP 751)')
  if (!/^1\.\d+$/.test(lock['lock-version'])) {
    throw fail('version-unsupported', `is a Python lockfile of version ${lock['lock-version'].slice(0, 20)}; version 1 is read`, { where })
  }
  const folders = lock.packages.flatMap(({ name, directory: local }) =>
    local === undefined ? [] : [{ name, directory: joinPath(directory, local.path) }],
  )
  return {
    packages: lock.packages.map((one) => {
      const files = [one.archive, one.sdist, ...one.wheels].filter((each) => each !== undefined)
      const marked = markOf(one)
      return {
        name: one.name,
        version: one.version ?? '',
        origin: originOf(one),
        distributions: files.flatMap(({ url, hashes }) => distributionOf(allHashes(hashes), url)),
        wants: one.dependencies.flatMap(({ name, version }) => (name === undefined ? [] : [{ name, version, kind: 'required' as const }])),
        ...(marked === undefined ? {} : { marked }),
      }
    }),
    folders,
  }
}

function allHashes(hashes: Readonly<Record<string, string>>): DigestSet {
  return Object.assign({}, ...Object.entries(hashes).map(([algorithm, value]) => hashesOf(`${algorithm}:${value}`))) as DigestSet
}

function originOf({ vcs, archive }: Package): PythonOrigin | undefined {
  if (vcs?.url !== undefined) return { repository: vcs.url, commit: vcs['commit-id'] }
  return archive?.url === undefined ? undefined : { address: archive.url }
}

/** `'dev' in dependency_groups` lets a package in for development only, `'x' in extras` only with an extra. */
function markOf({ marker = '' }: Package): PythonPackage['marked'] {
  if (/\bdependency_groups\b/.test(marker)) return /\bdefault\b/.test(marker) ? undefined : 'dev'
  return /\bextras\b/.test(marker) ? 'optional' : undefined
}
