import { dirname, join, resolve } from 'node:path'
import { z } from 'zod'
import { digestOf } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import type { Deps } from '../kernel/deps.ts'
import { TallyError, fail } from '../kernel/errors.ts'
import { SEVERITIES } from '../kernel/finding.ts'
import { parseJson } from '../kernel/json.ts'
import { readFileBounded } from '../kernel/read-file.ts'
import { parseYaml } from '../kernel/yaml-document.ts'
import { parsePolicy } from '../policy/document.ts'
import type { Policy } from '../policy/document.ts'
import { trustListSchema } from '../trust/trust-policy.ts'

const name = z.string().regex(/^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/, 'must be lower-case letters, digits, `.`, `_` or `-`')

const environmentSchema = z.strictObject({
  registry: z
    .string()
    .min(1)
    .default('default')
    .describe('`default` (an OCI layout of its own under the data directory), `oci:DIR`, or registry/repository'),
  from: name.optional().describe('the environment an artifact must have passed before this one'),
  policy: z.string().min(1).optional().describe('policy file an artifact must satisfy to get in'),
})

/** tally.yaml, version 1. schemas/tally.schema.json is generated from it. */
export const projectSchema = z.strictObject({
  version: z.literal(1),
  name,
  check: z.strictObject({ 'fail-on': z.enum(SEVERITIES).default('high') }).default({ 'fail-on': 'high' }),
  build: z.strictObject({
    run: z.string().min(1).describe('command run by `sh -c` in the project; writes what it makes under $TALLY_OUT'),
    env: z
      .array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/))
      .default([])
      .describe('variables let through beside the standard ones; names are recorded, values never'),
    outputs: z
      .array(z.string().startsWith('$TALLY_OUT/'))
      .min(1)
      .describe('globs under $TALLY_OUT; exactly one file must match for the artifact'),
  }),
  artifact: z.strictObject({
    name,
    version: z.string().min(1).describe('a version, or `file:package.json#/version`'),
    type: z.enum(['file', 'image']).default('file').describe('`file`: shipped as it is; `image`: an OCI image archive'),
  }),
  sbom: z.strictObject({ lockfiles: z.array(z.string().min(1)).default([]) }).default({ lockfiles: [] }),
  sign: z.strictObject({ key: z.string().min(1).default('local') }).default({ key: 'local' }),
  environments: z.record(name, environmentSchema).refine((all) => Object.keys(all).length > 0, 'needs at least one environment'),
  trust: trustListSchema,
})

export type ProjectConfig = z.infer<typeof projectSchema>
export type EnvironmentConfig = z.infer<typeof environmentSchema>

export type Project = {
  /** Absolute directory of tally.yaml. */
  readonly dir: string
  readonly file: string
  readonly config: ProjectConfig
  /** sha256 of the bytes of tally.yaml. */
  readonly digest: Digest
}

/** Finds tally.yaml in `cwd` or above. Undefined when there is none. */
export async function findProjectFile(deps: Pick<Deps, 'fs'>, cwd: string): Promise<string | undefined> {
  for (let dir = resolve(cwd); ; dir = dirname(dir)) {
    const file = join(dir, 'tally.yaml')
    try {
      if ((await deps.fs.stat(file)).isFile()) return file
    } catch (error) {
      if (!isMissing(error)) throw error
    }
    if (dirname(dir) === dir) return undefined
  }
}

/** Reads the project at or above `cwd`. Throws `not-a-project`, or `config-invalid` at file:line:column. */
export async function loadProject(deps: Pick<Deps, 'fs'>, cwd: string): Promise<Project> {
  const file = await findProjectFile(deps, cwd)
  if (file === undefined) throw fail('not-a-project', 'has no tally.yaml, and nor has a directory above it', { where: cwd })
  const bytes = await readFileBounded(deps, file, 'configBytes')
  const config = parseYaml(bytes, 'tally.yaml', projectSchema, 'config-invalid')
  checkEnvironments(config)
  return { dir: dirname(file), file, config, digest: digestOf(bytes) }
}

/** The environments from the first to `to`, in the order an artifact passes them. Throws `config-invalid` for circles and unknown names. */
export function pathTo(config: ProjectConfig, to: string): readonly string[] {
  const path: string[] = []
  for (let at: string | undefined = to; at !== undefined;) {
    const environment: EnvironmentConfig | undefined = Object.hasOwn(config.environments, at) ? config.environments[at] : undefined
    if (environment === undefined) {
      throw fail('config-invalid', `there is no environment \`${at}\``, {
        where: 'tally.yaml',
        hint: `one of: ${Object.keys(config.environments).join(', ')}`,
      })
    }
    if (path.includes(at)) throw fail('config-invalid', `environments go in a circle at \`${at}\``, { where: 'tally.yaml' })
    path.unshift(at)
    at = environment.from
  }
  return path
}

/** The environment nothing else comes from: where `ship` goes unless told otherwise. */
export function lastEnvironment(config: ProjectConfig): string {
  const sources = new Set(Object.values(config.environments).map((environment) => environment.from))
  const last = Object.keys(config.environments).filter((each) => !sources.has(each))
  const [only] = last
  if (only === undefined || last.length > 1) {
    throw fail('config-invalid', `more than one environment is a last one (${last.join(', ')})`, {
      where: 'tally.yaml',
      hint: 'say which with --to',
    })
  }
  return only
}

function checkEnvironments(config: ProjectConfig): void {
  for (const each of Object.keys(config.environments)) pathTo(config, each)
}

/**
 * The artifact's version: the text itself, or read through `file:<json or text file>#/pointer` inside the project.
 * Throws `config-invalid` when the file or pointer gives none, or what it gives cannot be a tag.
 */
export async function readVersion(deps: Pick<Deps, 'fs'>, project: Project): Promise<string> {
  const text = project.config.artifact.version
  const version = text.startsWith('file:') ? await versionFromFile(deps, project.dir, text.slice('file:'.length)) : text
  if (!/^[A-Za-z0-9_][A-Za-z0-9._+-]{0,100}$/.test(version)) {
    throw fail('config-invalid', `artifact.version gives \`${version.slice(0, 60)}\`, which cannot be part of a tag`, {
      where: 'tally.yaml',
    })
  }
  return version
}

async function versionFromFile(deps: Pick<Deps, 'fs'>, dir: string, spec: string): Promise<string> {
  const [file = '', pointer = ''] = spec.split('#')
  const path = resolve(dir, file)
  if (!path.startsWith(`${resolve(dir)}/`))
    throw fail('config-invalid', 'artifact.version names a file outside the project', { where: file })
  const bytes = await readFileBounded(deps, path, 'configBytes')
  if (pointer === '') return new TextDecoder().decode(bytes).trim()
  let value: unknown = parseJson(bytes, file, { code: 'config-invalid' })
  for (const raw of pointer.split('/').slice(1)) {
    const key = raw.replaceAll('~1', '/').replaceAll('~0', '~')
    value = typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined
  }
  if (typeof value !== 'string')
    throw fail('config-invalid', `artifact.version: ${pointer} of ${file} is not a text`, { where: 'tally.yaml' })
  return value
}

function isMissing(error: unknown): boolean {
  if (error instanceof TallyError) return error.code === 'not-found'
  const code = (error as { code?: unknown } | null)?.code
  return code === 'ENOENT' || code === 'ENOTDIR'
}

/** The policy of an environment, read from the project. Undefined when it has none. Throws `policy-invalid` or `not-found`. */
export async function loadPolicy(deps: Pick<Deps, 'fs'>, project: Project, environment: string): Promise<Policy | undefined> {
  const file = project.config.environments[environment]?.policy
  if (file === undefined) return undefined
  return parsePolicy(await readFileBounded(deps, resolve(project.dir, file), 'configBytes'), file)
}
