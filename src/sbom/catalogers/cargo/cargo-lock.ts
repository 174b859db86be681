import { z } from 'zod'
import { fail } from '../../../kernel/errors.ts'
import { withoutUserInfo } from '../../../kernel/redact.ts'
import { describeIssues } from '../../../kernel/shape.ts'
import { purlText } from '../../../package/purl.ts'
import { parseToml } from '../../text/toml.ts'

const LOCK = z.object({
  version: z.number().int().optional(),
  package: z
    .array(
      z.object({
        name: z.string(),
        version: z.string(),
        source: z.string().optional(),
        checksum: z.string().optional(),
        dependencies: z.array(z.string()).default([]),
      }),
    )
    .default([]),
  // Before version 2 the project stood apart, and checksums stood by `checksum name version (source)`.
  root: z.object({ name: z.string(), version: z.string(), dependencies: z.array(z.string()).default([]) }).optional(),
  metadata: z.record(z.string(), z.unknown()).default({}),
})

export type CargoPackage = {
  readonly key: string
  readonly name: string
  readonly version: string
  /** Where it comes from; undefined for what lies in the project itself. */
  readonly source?: string
  readonly sha256?: string
  /** Keys of what it needs. */
  readonly needs: readonly string[]
}

/** Reads Cargo.lock of version 1 to 4. Throws `artifact-malformed`, `version-unsupported`, `limit-exceeded`. Source: Cargo's own `resolver/encode.rs`. */
export function parseCargoLock(bytes: Uint8Array, where: string): CargoPackage[] {
  const parsed = LOCK.safeParse(parseToml(bytes, where, 'lockfileBytes'))
  if (!parsed.success) {
    throw fail('artifact-malformed', `is not a lockfile of cargo: ${describeIssues(parsed.error)}`, {
      where,
      hint: 'make it again with `cargo generate-lockfile`',
    })
  }
  const { version = 1, root, metadata } = parsed.data
  if (version > 4) throw fail('version-unsupported', `is a cargo lockfile of version ${version}; versions 1 to 4 are read`, { where })
  const all = [...(root === undefined ? [] : [{ ...root, source: undefined, checksum: undefined }]), ...parsed.data.package]
  const find = finder(all)
  return all.map((one) => {
    const key = keyOf(one)
    const checksum = one.checksum ?? metadata[`checksum ${key}`]
    return {
      key,
      name: one.name,
      version: one.version,
      ...(one.source === undefined ? {} : { source: one.source }),
      ...(typeof checksum === 'string' && /^[0-9a-f]{64}$/.test(checksum) ? { sha256: checksum } : {}),
      needs: one.dependencies.flatMap((dependency) => find(dependency) ?? []),
    }
  })
}

type Identity = { readonly name: string; readonly version: string; readonly source?: string | undefined }

function keyOf({ name, version, source }: Identity): string {
  return source === undefined ? `${name} ${version}` : `${name} ${version} (${source})`
}

/** A dependency is written as short as it is clear: `name`, `name version`, or `name version (source)`. */
function finder(all: readonly Identity[]): (dependency: string) => string | undefined {
  const keys = new Map<string, string>()
  for (const one of all) {
    const key = keyOf(one)
    for (const short of [one.name, `${one.name} ${one.version}`]) if (!keys.has(short)) keys.set(short, key)
    keys.set(key, key)
  }
  return (dependency) => keys.get(dependency) ?? keys.get(dependency.split(' ').slice(0, 2).join(' '))
}

/** The package URL of a crate. What came from a registry carries no qualifier; a repository is named with its commit. */
export function cargoPurl(name: string, version: string, source?: string): string {
  const [address = '', commit] = source?.startsWith('git+') === true ? source.split('#', 2) : []
  const repository = withoutUserInfo(address.replace(/\?.*$/, ''))
  const qualifiers = address === '' ? {} : { vcs_url: commit === undefined ? repository : `${repository}@${commit}` }
  return purlText({ type: 'cargo', name, version, qualifiers })
}
