import { z } from 'zod'
import { TallyError } from '../../../kernel/errors.ts'
import { parseToml } from '../../text/toml.ts'
import { parseRequirement } from './requirement.ts'
import type { Requirement } from './requirement.ts'

const list = z.array(z.unknown()).catch([])
const lists = z.record(z.string(), list).catch({})
const table = z.record(z.string(), z.unknown()).catch({})
const group = z.object({ dependencies: table.default({}), optional: z.boolean().optional().catch(undefined) }).catch({ dependencies: {} })
const poetry = z.object({
  name: z.string().optional().catch(undefined),
  version: z.string().optional().catch(undefined),
  dependencies: table.optional(),
  'dev-dependencies': table.optional(),
  group: z.record(z.string(), group).catch({}).optional(),
})
const PYPROJECT = z.object({
  project: z
    .object({
      name: z.string().optional().catch(undefined),
      version: z.string().optional().catch(undefined),
      dependencies: list.optional(),
      'optional-dependencies': lists.optional(),
      dynamic: list.optional(),
    })
    .optional()
    .catch(undefined),
  'dependency-groups': lists.optional(),
  tool: z
    .object({
      poetry: poetry.optional().catch(undefined),
      pdm: z.object({ 'dev-dependencies': lists.optional() }).optional().catch(undefined),
      uv: z.object({ 'dev-dependencies': list.optional() }).optional().catch(undefined),
    })
    .optional()
    .catch(undefined),
})

/** What a pyproject.toml says of its project, from its standard tables and those of poetry, pdm and uv. */
export type Pyproject = {
  readonly name: string
  readonly version: string
  readonly required: readonly Requirement[]
  readonly optional: readonly Requirement[]
  readonly dev: readonly Requirement[]
  /** Names of groups (extras) that are optional, not development. */
  readonly extras: readonly string[]
  /** Whether it says what the project needs, so that setup.py need not be asked. */
  readonly declares: boolean
}

/** Reads a pyproject.toml. Undefined when it is no TOML: one broken file beside a sound lockfile is not a fault of that. */
export function readPyproject(bytes: Uint8Array, where: string): Pyproject | undefined {
  let parsed: z.infer<typeof PYPROJECT> | undefined
  try {
    parsed = PYPROJECT.safeParse(parseToml(bytes, where, 'packageFileBytes')).data
  } catch (error) {
    if (error instanceof TallyError && error.code === 'artifact-malformed') return undefined
    throw error
  }
  if (parsed === undefined) return undefined
  const { project, tool } = parsed
  const groups = Object.values(tool?.poetry?.group ?? {})
  const poetryDependencies = Object.entries(tool?.poetry?.dependencies ?? {}).filter(([name]) => name !== 'python')
  return {
    name: project?.name ?? tool?.poetry?.name ?? '',
    version: project?.version ?? tool?.poetry?.version ?? '',
    required: [...requirements(project?.dependencies), ...fromPoetry(poetryDependencies.filter(([, wanted]) => !isOptional(wanted)))],
    optional: [
      ...Object.values(project?.['optional-dependencies'] ?? {}).flatMap((extra) => requirements(extra)),
      ...fromPoetry(poetryDependencies.filter(([, wanted]) => isOptional(wanted))),
    ],
    dev: [
      ...Object.values(parsed['dependency-groups'] ?? {}).flatMap((one) => requirements(one)),
      ...Object.values(tool?.pdm?.['dev-dependencies'] ?? {}).flatMap((one) => requirements(one)),
      ...requirements(tool?.uv?.['dev-dependencies']),
      ...fromPoetry(Object.entries(tool?.poetry?.['dev-dependencies'] ?? {})),
      ...groups.flatMap(({ dependencies }) => fromPoetry(Object.entries(dependencies))),
    ],
    extras: Object.keys(project?.['optional-dependencies'] ?? {}),
    declares: tool?.poetry?.dependencies !== undefined || (project !== undefined && !(project.dynamic ?? []).includes('dependencies')),
  }
}

/** Texts of a list as requirements; `{ include-group = … }` and what cannot be read are left out. */
function requirements(items: readonly unknown[] | undefined): Requirement[] {
  return (items ?? []).flatMap((item) => {
    const found = typeof item === 'string' ? parseRequirement(item.replace(/^-e\s+/, '')) : undefined
    return found === undefined ? [] : [found]
  })
}

/** Poetry's `name = "^1.2"` and `name = { version = "^1.2", git = … }`. Its ranges are kept in its own words. */
function fromPoetry(entries: readonly (readonly [string, unknown])[]): Requirement[] {
  return entries.map(([name, wanted]) => {
    const first: unknown = Array.isArray(wanted) ? wanted[0] : wanted
    const version = typeof first === 'string' ? first : textIn(first, 'version')
    const url = textIn(first, 'url') ?? textIn(first, 'git')
    return {
      name,
      extras: textsIn(first, 'extras'),
      range: (version ?? '').replace(/\s+/g, '').replace(/^\*$/, ''),
      marker: '',
      ...(url === undefined ? {} : { url: textIn(first, 'git') === undefined ? url : `git+${url}` }),
    }
  })
}

function isOptional(wanted: unknown): boolean {
  return typeof wanted === 'object' && wanted !== null && 'optional' in wanted && wanted.optional === true
}

function textIn(value: unknown, key: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const found: unknown = Object.entries(value).find(([name]) => name === key)?.[1]
  return typeof found === 'string' ? found : undefined
}

function textsIn(value: unknown, key: string): string[] {
  if (typeof value !== 'object' || value === null) return []
  const found: unknown = Object.entries(value).find(([name]) => name === key)?.[1]
  return Array.isArray(found) ? found.filter((item) => typeof item === 'string') : []
}
