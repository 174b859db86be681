import { z } from 'zod'
import { parseJson } from '../../../kernel/json.ts'
import { readShape } from '../../../kernel/shape.ts'
import { purlText } from '../../../package/purl.ts'
import type { LockGraph, LockNeed, LockNode, LockProject } from '../lock-graph.ts'
import { nugetHash, nugetKey, nugetPurl } from './identity.ts'

const LIBRARY = z.object({ type: z.string(), sha512: z.string().optional() })
const TARGET = z.object({ type: z.string().optional(), dependencies: z.record(z.string(), z.string()).optional() })
/** What deps.json and project.assets.json share. */
const TARGETS = z.object({
  version: z.number().optional(),
  runtimeTarget: z.unknown().optional(),
  targets: z.record(z.string(), z.record(z.string(), TARGET)).optional(),
  libraries: z.record(z.string(), LIBRARY).optional(),
  project: z
    .object({ version: z.string().optional(), restore: z.object({ projectName: z.string().optional() }).optional() })
    .optional()
    .catch(undefined),
  projectFileDependencyGroups: z.record(z.string(), z.array(z.string())).optional().catch(undefined),
})

type Targets = z.infer<typeof TARGETS>

/**
 * Reads the libraries of a published application (`<name>.deps.json`) or of a restored project (project.assets.json): `Name/version` with its
 * kind and hash, and for each target what it needs. Undefined for JSON of that name without libraries.
 */
export function parseTargets(bytes: Uint8Array, where: string, directory: string): LockGraph | undefined {
  const file = readShape(
    TARGETS,
    parseJson(bytes, where, { code: 'artifact-malformed', limitName: 'lockfileBytes' }),
    where,
    'artifact-malformed',
  )
  if (file.libraries === undefined) return undefined
  const needs = needsOf(file)
  const nodes = new Map<string, LockNode>()
  const projects: LockProject[] = []
  for (const [key, { type, sha512 }] of Object.entries(file.libraries)) {
    const { name, version } = splitLibrary(key, type)
    const own = { name, version, needs: needs.get(key) ?? [] }
    // Assemblies of projects are the application's own; what it refers to without a package comes with the framework.
    if (type === 'project') projects.push({ ...own, key, directory, purl: purlText({ type: 'generic', name, version }) })
    else if (type !== 'reference' && type !== 'referenceassembly')
      nodes.set(key, { ...own, purl: nugetPurl(name, version), hashes: nugetHash(sha512) })
  }
  const restored = restoredProject(file, directory)
  return { nodes, projects: restored === undefined ? projects : [...projects, restored] }
}

/** `Name/1.0.0`; a runtime pack has its kind before the name as well. */
function splitLibrary(key: string, type: string): { name: string; version: string } {
  const slash = key.lastIndexOf('/')
  const name = slash === -1 ? key : key.slice(0, slash)
  const version = slash === -1 ? '' : key.slice(slash + 1)
  return { name: (type === 'runtimepack' ? name.replace(/^runtimepack\./, '') : name) || 'unnamed', version }
}

function needsOf({ targets, libraries }: Targets): Map<string, LockNeed[]> {
  const needs = new Map<string, LockNeed[]>()
  for (const target of Object.values(targets ?? {})) {
    const keys = keysByName(target)
    for (const [key, { dependencies }] of Object.entries(target)) {
      for (const [name, version] of Object.entries(dependencies ?? {})) {
        // deps.json names the version that is there; project.assets.json the range that was asked for.
        const exact = `${name}/${version}`
        const to = libraries !== undefined && Object.hasOwn(libraries, exact) ? exact : keys.get(nugetKey(name))
        if (to === undefined) continue
        const known = needs.get(key)
        if (known === undefined) needs.set(key, [{ to, kind: 'required' }])
        else known.push({ to, kind: 'required' })
      }
    }
  }
  return needs
}

function keysByName(target: object): Map<string, string> {
  return new Map(Object.keys(target).map((key) => [nugetKey(splitLibrary(key, '').name), key]))
}

/** The project that was restored, and what its file asks for. */
function restoredProject({ project, projectFileDependencyGroups, targets }: Targets, directory: string): LockProject | undefined {
  const name = project?.restore?.projectName
  if (name === undefined || name === '') return undefined
  const keys = new Map(Object.values(targets ?? {}).flatMap((target) => [...keysByName(target)]))
  const asked = Object.values(projectFileDependencyGroups ?? {}).flat()
  const needs = asked.flatMap((text): LockNeed[] => {
    const to = keys.get(nugetKey(text.split(' ', 1)[0] ?? ''))
    return to === undefined ? [] : [{ to, kind: 'required' }]
  })
  const version = project?.version ?? ''
  // project.assets.json lies in the project's folder for intermediate files.
  const home = directory === 'obj' ? '' : directory.replace(/\/obj$/, '')
  return { directory: home, key: `project ${name}`, name, version, purl: purlText({ type: 'generic', name, version }), needs }
}
