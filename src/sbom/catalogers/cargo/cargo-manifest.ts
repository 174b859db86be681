import { z } from 'zod'
import { TallyError } from '../../../kernel/errors.ts'
import { parseToml } from '../../text/toml.ts'
import type { LockNeed } from '../lock-graph.ts'

const dependencies = z.record(z.string(), z.unknown()).catch({}).default({})
const tables = { dependencies, 'dev-dependencies': dependencies, 'build-dependencies': dependencies }
const MANIFEST = z.object({
  package: z.object({ name: z.string(), version: z.unknown().optional(), license: z.unknown().optional() }).optional().catch(undefined),
  workspace: z
    .object({
      members: z.array(z.string()).catch([]).default([]),
      dependencies,
      package: z.object({ version: z.unknown().optional() }).optional().catch(undefined),
    })
    .optional()
    .catch(undefined),
  target: z
    .record(z.string(), z.object(tables).catch({ dependencies: {}, 'dev-dependencies': {}, 'build-dependencies': {} }))
    .catch({})
    .default({}),
  ...tables,
})

/** A dependency of a Cargo.toml: the crate's own name, whatever it is called there. */
export type CargoWant = { readonly name: string; readonly range: string; readonly kind: LockNeed['kind'] }

export type CargoManifest = {
  readonly name: string
  readonly version: string
  readonly licence?: string
  readonly members: readonly string[]
  readonly wants: readonly CargoWant[]
}

/** Reads a Cargo.toml. Undefined when it is no TOML. What only tests and build scripts need is for development. */
export function readCargoManifest(bytes: Uint8Array, where: string): CargoManifest | undefined {
  let parsed: z.infer<typeof MANIFEST> | undefined
  try {
    parsed = MANIFEST.safeParse(parseToml(bytes, where, 'packageFileBytes')).data
  } catch (error) {
    if (error instanceof TallyError && error.code === 'artifact-malformed') return undefined
    throw error
  }
  if (parsed === undefined) return undefined
  const { package: own, workspace } = parsed
  const all = [parsed, ...Object.values(parsed.target)]
  const shared = workspace?.dependencies ?? {}
  const licence = own?.license
  return {
    name: own?.name ?? '',
    version: typeof own?.version === 'string' ? own.version : '',
    ...(typeof licence === 'string' ? { licence } : {}),
    members: workspace?.members ?? [],
    wants: all.flatMap((table) => [
      ...wantsOf(table['build-dependencies'], 'dev', shared),
      ...wantsOf(table['dev-dependencies'], 'dev', shared),
      ...wantsOf(table.dependencies, 'required', shared),
    ]),
  }
}

function wantsOf(table: Readonly<Record<string, unknown>>, kind: LockNeed['kind'], shared: Readonly<Record<string, unknown>>): CargoWant[] {
  return Object.entries(table).map(([alias, written]) => {
    const how = valueOf(written, 'workspace') === true && Object.hasOwn(shared, alias) ? shared[alias] : written
    const version = typeof how === 'string' ? how : valueOf(how, 'version')
    const renamed = valueOf(how, 'package') ?? valueOf(written, 'package')
    return {
      name: typeof renamed === 'string' ? renamed : alias,
      range: typeof version === 'string' ? version.replace(/\s+/g, '') : '*',
      kind: kind === 'required' && valueOf(written, 'optional') === true ? 'optional' : kind,
    }
  })
}

function valueOf(table: unknown, key: string): unknown {
  if (typeof table !== 'object' || table === null) return undefined
  return Object.entries(table).find(([name]) => name === key)?.[1]
}
