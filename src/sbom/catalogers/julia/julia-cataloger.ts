import { z } from 'zod'
import { readShape } from '../../../kernel/shape.ts'
import { purlText } from '../../../package/purl.ts'
import { directoryOf, fileNameOf } from '../../path.ts'
import { parseToml } from '../../text/toml.ts'
import type { Cataloger } from '../cataloger.ts'
import type { LockGraph, LockNeed, LockNode, LockProject } from '../lock-graph.ts'
import { lockfileCataloger } from '../lockfile-cataloger.ts'
import type { Lockfile } from '../lockfile-cataloger.ts'

const MANIFESTS = new Set(['Manifest.toml', 'JuliaManifest.toml'])
/** Of two in one folder Julia takes the first. */
const PROJECTS: readonly string[] = ['JuliaProject.toml', 'Project.toml']
const uuid = z.string().regex(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i)
const ENTRY = z.object({
  uuid,
  version: z.string().optional(),
  'repo-url': z.string().optional(),
  path: z.string().optional(),
  deps: z.union([z.array(z.string()), z.record(z.string(), z.string())]).optional(),
})
const MANIFEST = z.object({
  julia_version: z.string().optional(),
  manifest_format: z.string().optional(),
  deps: z.record(z.string(), z.array(ENTRY)),
})
/** The first format has packages at the top. */
const OLD_MANIFEST = z.record(z.string(), z.array(ENTRY)).transform((deps) => ({ julia_version: undefined, deps }))
const PROJECT = z.object({
  name: z.string().optional(),
  uuid: uuid.optional().catch(undefined),
  version: z.string().optional(),
  deps: z.record(z.string(), z.string()).optional(),
})

/** Julia's manifests. Packages of its standard library have no version of their own there: they have Julia's. */
export const juliaCataloger: Cataloger = lockfileCataloger({
  name: 'julia',
  only: { names: [...MANIFESTS, ...PROJECTS] },
  isLock: (path) => MANIFESTS.has(fileNameOf(path)),
  isBeside: (path) => PROJECTS.includes(fileNameOf(path)),
  covers: (path, { directory }) => directoryOf(path) === directory && fileNameOf(path).endsWith('Project.toml'),
  parse: parseManifest,
})

type Manifest = z.infer<typeof MANIFEST> | z.infer<typeof OLD_MANIFEST>

function parseManifest(lock: Lockfile): LockGraph | undefined {
  const toml = parseToml(lock.bytes, lock.path, 'lockfileBytes')
  const isJulia = 'julia_version' in toml || 'manifest_format' in toml
  // Others call their files so as well: without Julia's own fields it is hers only if every entry is.
  if (!isJulia && !OLD_MANIFEST.safeParse(toml).success) return undefined
  const manifest: Manifest = readShape(
    isJulia && 'deps' in toml ? MANIFEST : isJulia ? MANIFEST.or(EMPTY) : OLD_MANIFEST,
    toml,
    lock.path,
    'artifact-malformed',
  )
  const byName = new Map(Object.entries(manifest.deps).map(([name, [first]]) => [name, first?.uuid ?? '']))
  const nodes = new Map<string, LockNode>()
  for (const [name, entries] of Object.entries(manifest.deps)) {
    for (const entry of entries) if (name !== '') nodes.set(entry.uuid, nodeOf(name, entry, byName))
  }
  const project = readProject(lock)
  return { nodes, projects: project === undefined ? [] : [project] }
}

/** A manifest of a project without packages. */
const EMPTY = z.object({ julia_version: z.string().optional() }).transform(({ julia_version }) => ({ julia_version, deps: {} }))

function nodeOf(name: string, entry: z.infer<typeof ENTRY>, byName: ReadonlyMap<string, string>): LockNode {
  const { version = '', deps = [] } = entry
  const needed = Array.isArray(deps) ? deps.map((other) => byName.get(other) ?? '') : Object.values(deps)
  return {
    purl: purlText({ type: 'julia', name, version, qualifiers: { uuid: entry.uuid } }),
    name,
    version,
    needs: needed.map((to): LockNeed => ({ to, kind: 'required' })),
  }
}

function readProject({ directory, other }: Lockfile): LockProject | undefined {
  for (const file of PROJECTS) {
    const path = directory === '' ? file : `${directory}/${file}`
    const bytes = other(path)
    if (bytes === undefined) continue
    const project = readShape(PROJECT, parseToml(bytes, path, 'packageFileBytes'), path, 'artifact-malformed')
    const { name = '', version = '' } = project
    const needs = Object.values(project.deps ?? {}).map((to): LockNeed => ({ to, kind: 'required' }))
    const plain = name === '' ? 'project' : name
    const purl =
      name === '' || project.uuid === undefined
        ? purlText({ type: 'generic', name: plain, version })
        : purlText({ type: 'julia', name, version, qualifiers: { uuid: project.uuid } })
    return { directory, key: 'project', name, version, purl, needs }
  }
  return undefined
}
