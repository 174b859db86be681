import { z } from 'zod'
import { joinPath } from '../../path.ts'
import { distributionOf, hashesOf } from './identity.ts'
import type { PythonOrigin } from './identity.ts'
import { readLockTable } from './lock-table.ts'
import type { PythonPackage, PythonWant } from './python-lock.ts'
import { normalName, parseRequirement } from './requirement.ts'
import type { Requirement } from './requirement.ts'

const file = z.object({ file: z.string().optional(), url: z.string().optional(), hash: z.string().optional() })
const LOCK = z.object({
  package: z
    .array(
      z.object({
        name: z.string(),
        version: z.string(),
        category: z.string().optional(),
        groups: z.array(z.string()).optional(),
        optional: z.boolean().optional(),
        dependencies: z.record(z.string(), z.unknown()).default({}),
        extras: z.record(z.string(), z.array(z.string())).default({}),
        files: z.array(file).default([]),
        source: z
          .object({
            type: z.string().optional(),
            url: z.string().optional(),
            reference: z.string().optional(),
            resolved_reference: z.string().optional(),
          })
          .optional(),
      }),
    )
    .default([]),
  metadata: z.object({ files: z.record(z.string(), z.array(file)).default({}) }).default({ files: {} }),
})
type Package = z.infer<typeof LOCK>['package'][number]

export type LocalFolder = { readonly directory: string; readonly name: string }

/**
 * Reads poetry.lock of version 1 and 2. In: the bytes, their path and folder in the target, what the project asks for (its extras are
 * then needed). Out: its packages, and the folders of
 * the target that some are taken from. Throws `artifact-malformed`, `limit-exceeded`. Source: Poetry's own reader.
 */
export function parsePoetryLock(
  bytes: Uint8Array,
  where: string,
  directory: string,
  asked: readonly Requirement[],
): { packages: PythonPackage[]; folders: LocalFolder[] } {
  const { package: packages, metadata } = readLockTable(bytes, where, LOCK, 'poetry')
  const extras = new Set([
    ...asked.flatMap((one) => one.extras.map((extra) => `${normalName(one.name)}[${extra}]`)),
    ...packages.flatMap(extrasOf),
  ])
  const folders = packages.flatMap(({ name, source }) =>
    source?.type === 'directory' && source.url !== undefined ? [{ name, directory: joinPath(directory, source.url) }] : [],
  )
  return {
    packages: packages.map((one) => {
      const files = one.files.length > 0 ? one.files : Object.hasOwn(metadata.files, one.name) ? (metadata.files[one.name] ?? []) : []
      const marked = markOf(one)
      return {
        name: one.name,
        version: one.version,
        origin: originOf(one),
        distributions: files.flatMap(({ url, hash }) => distributionOf(hashesOf(hash), url)),
        wants: wantsOf(one, extras),
        ...(marked === undefined ? {} : { marked }),
      }
    }),
    folders,
  }
}

function originOf({ source }: Package): PythonOrigin | undefined {
  if (source?.url === undefined) return undefined
  if (source.type === 'git') return { repository: source.url, commit: source.resolved_reference ?? source.reference }
  return source.type === 'url' ? { address: source.url } : undefined
}

/** Groups stand in lockfiles of version 2.1, categories in those before 1.5; between them only the project tells. */
function markOf({ category, groups, optional }: Package): PythonPackage['marked'] {
  if (groups !== undefined && !groups.includes('main')) return 'dev'
  if (category !== undefined && category !== 'main') return 'dev'
  return optional === true ? 'optional' : undefined
}

/** `name[extra]` of the extras that a package asks of others. */
function extrasOf({ dependencies }: Package): string[] {
  return Object.entries(dependencies).flatMap(([name, wanted]) => {
    const all: unknown[] = Array.isArray(wanted) ? wanted : [wanted]
    return all.flatMap((one) => {
      const extras = typeof one === 'object' && one !== null && 'extras' in one && Array.isArray(one.extras) ? one.extras : []
      return extras.map((extra) => `${normalName(name)}[${String(extra)}]`)
    })
  })
}

/** Dependencies, of which those marked optional belong to an extra; they are needed once somebody asks for that. */
function wantsOf({ name, dependencies, extras }: Package, asked: ReadonlySet<string>): PythonWant[] {
  const needed = new Set<string>()
  for (const [extra, texts] of Object.entries(extras)) {
    if (!asked.has(`${normalName(name)}[${extra}]`)) continue
    for (const text of texts) needed.add(normalName(parseRequirement(text)?.name ?? ''))
  }
  return Object.entries(dependencies).map(([wanted, how]) => ({
    name: wanted,
    kind: isOptional(how) && !needed.has(normalName(wanted)) ? 'optional' : 'required',
  }))
}

function isOptional(wanted: unknown): boolean {
  const all: unknown[] = Array.isArray(wanted) ? wanted : [wanted]
  return all.every((one) => typeof one === 'object' && one !== null && 'optional' in one && one.optional === true)
}
