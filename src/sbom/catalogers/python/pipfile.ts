import { z } from 'zod'
import { TallyError, fail } from '../../../kernel/errors.ts'
import { parseJson } from '../../../kernel/json.ts'
import { describeIssues } from '../../../kernel/shape.ts'
import { parseToml } from '../../text/toml.ts'
import { distributionOf, hashesOf, originOf } from './identity.ts'
import type { PythonOrigin } from './identity.ts'
import type { PythonPackage, PythonWant } from './python-lock.ts'
import { pinnedVersion } from './requirement.ts'

const ENTRY = z.object({
  version: z.string().optional(),
  hashes: z.array(z.string()).default([]),
  git: z.string().optional(),
  ref: z.string().optional(),
  file: z.string().optional(),
})
const entries = z.record(z.string(), ENTRY).default({})
const LOCK = z.object({ default: entries, develop: entries })

/** Reads Pipfile.lock, which knows no edges. Throws `artifact-malformed`, `limit-exceeded`. */
export function parsePipfileLock(bytes: Uint8Array, where: string): PythonPackage[] {
  const parsed = LOCK.safeParse(parseJson(bytes, where, { code: 'artifact-malformed', limitName: 'lockfileBytes' }))
  if (!parsed.success) {
    throw fail('artifact-malformed', `is not a lockfile of pipenv: ${describeIssues(parsed.error)}`, {
      where,
      hint: 'make it again with `pipenv lock`',
    })
  }
  const packageOf = (name: string, entry: z.infer<typeof ENTRY>): PythonPackage => ({
    name,
    version: pinnedVersion((entry.version ?? '').replace(/\s+/g, '')) ?? '',
    origin: whereFrom(entry),
    distributions: entry.hashes.flatMap((hash) => distributionOf(hashesOf(hash))),
    wants: [],
  })
  return [
    ...Object.entries(parsed.data.default).map(([name, entry]) => packageOf(name, entry)),
    ...Object.entries(parsed.data.develop)
      .filter(([name]) => !Object.hasOwn(parsed.data.default, name))
      .map(([name, entry]): PythonPackage => ({ ...packageOf(name, entry), marked: 'dev' })),
  ]
}

function whereFrom({ git, ref, file }: z.infer<typeof ENTRY>): PythonOrigin | undefined {
  if (git !== undefined) return { repository: git, commit: ref }
  return file === undefined ? undefined : originOf(file)
}

const PIPFILE = z.object({
  packages: z.record(z.string(), z.unknown()).default({}).catch({}),
  'dev-packages': z.record(z.string(), z.unknown()).default({}).catch({}),
})

/** What a Pipfile asks for. Nothing when it is no TOML: the lockfile beside it is still sound. */
export function readPipfile(bytes: Uint8Array, where: string): PythonWant[] {
  try {
    const parsed = PIPFILE.safeParse(parseToml(bytes, where, 'packageFileBytes')).data
    const dev = Object.keys(parsed?.['dev-packages'] ?? {}).map((name): PythonWant => ({ name, kind: 'dev' }))
    return [...dev, ...Object.keys(parsed?.packages ?? {}).map((name): PythonWant => ({ name, kind: 'required' }))]
  } catch (error) {
    if (error instanceof TallyError && error.code === 'artifact-malformed') return []
    throw error
  }
}
