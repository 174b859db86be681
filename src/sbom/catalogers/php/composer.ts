import { z } from 'zod'
import { parseJson } from '../../../kernel/json.ts'
import { withoutUserInfo } from '../../../kernel/redact.ts'
import { readShape } from '../../../kernel/shape.ts'
import { purlText } from '../../../package/purl.ts'
import type { LockGraph, LockNeed, LockNode, LockProject } from '../lock-graph.ts'
import { namelessProject } from '../nameless-project.ts'

const names = z.record(z.string(), z.unknown()).catch({}).optional()
const PACKAGE = z.object({
  name: z.string(),
  version: z.string(),
  type: z.string().optional(),
  source: z
    .object({ type: z.string().optional(), url: z.string().optional(), reference: z.string().nullish() })
    .optional()
    .catch(undefined),
  dist: z.object({ type: z.string().optional(), shasum: z.string().nullish() }).optional().catch(undefined),
  require: names,
  provide: names,
  replace: names,
  license: z
    .union([z.string(), z.array(z.string())])
    .optional()
    .catch(undefined),
})
type Package = z.infer<typeof PACKAGE>

const LOCK = z.object({ packages: z.array(PACKAGE), 'packages-dev': z.array(PACKAGE).nullish() })
const INSTALLED = z.union([
  z.object({ packages: z.array(PACKAGE), 'dev-package-names': z.array(z.string()).optional() }),
  z.array(PACKAGE).transform((packages) => ({ packages, 'dev-package-names': undefined })),
])
const MANIFEST = z.object({ name: z.string().optional(), version: z.string().optional(), require: names, 'require-dev': names })

/** Reads composer.lock; in: its bytes, and composer.json beside it where there is one. Throws `artifact-malformed`. */
export function parseComposerLock(bytes: Uint8Array, where: string, directory: string, manifest: Uint8Array | undefined): LockGraph {
  const lock = readShape(
    LOCK,
    parseJson(bytes, where, { code: 'artifact-malformed', limitName: 'lockfileBytes' }),
    where,
    'artifact-malformed',
  )
  const dev = lock['packages-dev'] ?? []
  const graph = graphOf([...lock.packages, ...dev], new Set(dev.map(({ name }) => name.toLowerCase())))
  return { nodes: graph.nodes, projects: manifest === undefined ? [] : [projectOf(manifest, directory, graph.find)] }
}

/** Reads vendor/composer/installed.json of Composer 1 (a list) or 2. Throws `artifact-malformed`. */
export function parseInstalled(bytes: Uint8Array, where: string): LockGraph {
  const json = parseJson(bytes, where, { code: 'artifact-malformed', limitName: 'lockfileBytes' })
  const installed = readShape(INSTALLED, json, where, 'artifact-malformed')
  const dev = new Set((installed['dev-package-names'] ?? []).map((name) => name.toLowerCase()))
  return { nodes: graphOf(installed.packages, dev).nodes, projects: [] }
}

type Find = (name: string) => string | undefined

/** What a package provides or replaces is found under those names as well, where no package has them itself. */
function graphOf(packages: readonly Package[], dev: ReadonlySet<string>): { nodes: Map<string, LockNode>; find: Find } {
  const byName = new Map<string, string>()
  for (const { name, provide, replace } of packages) {
    for (const other of Object.keys({ ...provide, ...replace })) byName.set(other.toLowerCase(), name.toLowerCase())
  }
  for (const { name } of packages) byName.set(name.toLowerCase(), name.toLowerCase())
  const find: Find = (name) => byName.get(name.toLowerCase())
  const nodes = new Map<string, LockNode>()
  for (const one of packages) {
    const key = one.name.toLowerCase()
    nodes.set(key, { ...nodeOf(one), needs: needsOf(one.require, 'required', find), ...(dev.has(key) ? { marked: 'dev' } : {}) })
  }
  return { nodes, find }
}

/** PHP itself, its extensions and libraries of the system are no packages. */
function needsOf(wanted: Readonly<Record<string, unknown>> | undefined, kind: LockNeed['kind'], find: Find): LockNeed[] {
  return Object.keys(wanted ?? {}).flatMap((name) => {
    const to = find(name)
    return to === undefined ? [] : [{ to, kind }]
  })
}

function nodeOf({ name, version, source, dist, license }: Package): Omit<LockNode, 'needs'> {
  const licences = typeof license === 'string' ? [license] : (license ?? [])
  const licence = licences.length > 1 ? licences.map((one) => `(${one})`).join(' OR ') : licences[0]
  const sha1 = dist?.shasum ?? ''
  return {
    purl: composerPurl(name, version, isBranch(version) ? sourceOf(source) : undefined),
    name,
    version,
    hashes: /^[0-9a-f]{40}$/.test(sha1) ? { sha1 } : {},
    ...(licence === undefined ? {} : { licence }),
  }
}

/** A branch is no version that anyone could find again: the commit is. */
function isBranch(version: string): boolean {
  return version.startsWith('dev-') || version.endsWith('-dev')
}

function sourceOf(source: Package['source']): string | undefined {
  if (source?.url === undefined) return undefined
  return `${source.type === 'git' ? 'git+' : ''}${withoutUserInfo(source.url)}${source.reference ? `@${source.reference}` : ''}`
}

/** `vendor/name`; what has no vendor stands under its own name, so that it is not lost. */
function composerPurl(name: string, version: string, vcsUrl: string | undefined): string {
  const segments = name.split('/').filter((segment) => segment !== '')
  const last = segments.pop() ?? 'unnamed'
  if (segments.length === 0) return purlText({ type: 'generic', name: last, version })
  return purlText({ type: 'composer', namespace: segments.join('/'), name: last, version, qualifiers: { vcs_url: vcsUrl } })
}

function projectOf(bytes: Uint8Array, directory: string, find: Find): LockProject {
  const where = directory === '' ? 'composer.json' : `${directory}/composer.json`
  const json = parseJson(bytes, where, { code: 'artifact-malformed', limitName: 'packageFileBytes' })
  const manifest = readShape(MANIFEST, json, where, 'artifact-malformed')
  const needs = [...needsOf(manifest.require, 'required', find), ...needsOf(manifest['require-dev'], 'dev', find)]
  const { name, version = '' } = manifest
  if (name === undefined) return namelessProject(directory, needs)
  return { directory, key: `project ${directory}`, name, version, purl: composerPurl(name, version, undefined), needs }
}
