import { TallyError } from '../../../kernel/errors.ts'
import { directoryOf, fileNameOf, joinPath } from '../../path.ts'
import type { Catalog, CatalogFile, Cataloger, CatalogMode } from '../cataloger.ts'
import { joinCatalogs } from '../join-catalogs.ts'
import { unlessBroken } from '../lockfile-cataloger.ts'
import { catalogGraph, layerOf } from '../lock-graph.ts'
import type { LockNeed, LockNode } from '../lock-graph.ts'
import { isCoordinate, mavenPurl } from './coordinates.ts'
import type { Coordinates } from './coordinates.ts'
import { lookUpIn, parsePom, pomLicence, resolveText } from './pom.ts'
import type { Pom, PomDependency } from './pom.ts'

/**
 * Maven's projects, as their pom.xml declares them: what they need directly, with versions as far as the poms of the target tell.
 * What those need in turn is only in a repository, so a target with needs is never complete by its poms.
 */
export const mavenCataloger: Cataloger = {
  name: 'maven',
  only: { names: ['pom.xml'] },
  wants: (path) => fileNameOf(path) === 'pom.xml',
  limitOf: () => 'packageFileBytes',
  mentions: (path, bytes) => foldersOf(path, bytes),
  read: readMaven,
}

type Project = { readonly path: string; readonly file: CatalogFile; readonly pom: Pom }

function readMaven(files: ReadonlyMap<string, CatalogFile>, mode: CatalogMode): Catalog {
  const projects = new Map<string, Project>()
  for (const [path, file] of files) {
    const parse = (): Pom | undefined => parsePom(file.bytes, path)
    const pom = mode === 'installed' ? unlessBroken(parse) : parse()
    if (pom !== undefined) projects.set(path, { path, file, pom })
  }
  const locals = new Map([...projects.values()].map((project) => [`${project.pom.group}:${project.pom.artifact}`, project]))
  return joinCatalogs([...projects.values()].map((project) => catalogProject(project, projects, locals, mode)))
}

function catalogProject(
  { path, file, pom }: Project,
  projects: ReadonlyMap<string, Project>,
  locals: ReadonlyMap<string, Project>,
  mode: CatalogMode,
): Catalog {
  const lineage = lineageOf(path, pom, projects)
  const lookUp = lookUpIn(lineage)
  const text = (raw: string): string => resolveText(raw, lookUp) ?? ''
  const nodes = new Map<string, LockNode>()
  const needs: LockNeed[] = []
  const managedBy = managedOf(lineage)
  for (const declared of lineage.flatMap(({ dependencies }) => dependencies)) {
    const managed = managedBy.get(`${declared.group}:${declared.artifact}`)
    const found = {
      group: text(declared.group),
      artifact: text(declared.artifact),
      version: text(declared.version || (managed?.version ?? '')),
    }
    if (!isCoordinate(found.group) || !isCoordinate(found.artifact)) continue
    const node = nodeOf(found, locals.get(`${found.group}:${found.artifact}`)?.pom)
    nodes.set(node.purl, node)
    needs.push({ to: node.purl, kind: kindOf(text(declared.scope || (managed?.scope ?? '')), declared.optional) })
  }
  const own = { group: text(pom.group), artifact: text(pom.artifact), version: text(pom.version) }
  const purl = mavenPurl(own)
  nodes.delete(purl)
  const project = { directory: directoryOf(path), name: own.artifact, version: own.version, purl, key: purl, needs }
  const source = { cataloger: 'maven', file: path, method: 'manifest', ...layerOf(file) } as const
  const found = catalogGraph({ nodes, projects: [project] }, source, mode)
  const licence = pomLicence(pom)
  const components = found.components.map((one) => (one.purl === purl && licence !== undefined ? { ...one, licence } : one))
  const isPartial = needs.some(({ kind }) => kind !== 'dev')
  return { ...found, components, ...(isPartial ? { read: [], partial: [path] } : { read: [path] }) }
}

/** A pom and its ancestors, as far as they lie in the target. */
function lineageOf(path: string, pom: Pom, projects: ReadonlyMap<string, Project>): Pom[] {
  const lineage = [pom]
  let at = path
  for (let current = pom; current.parent !== undefined && current.parent.path !== '' && lineage.length < 16;) {
    const folder = joinPath(directoryOf(at), current.parent.path)
    const above = projects.get(folder) ?? projects.get(folder === '' ? 'pom.xml' : `${folder}/pom.xml`)
    if (above === undefined || lineage.includes(above.pom) || above.pom.artifact !== current.parent.artifact) break
    lineage.push(above.pom)
    at = above.path
    current = above.pom
  }
  return lineage
}

/** The versions a pom and its ancestors tell for what anyone of them needs; the nearest word counts. */
function managedOf(lineage: readonly Pom[]): Map<string, PomDependency> {
  return new Map(
    lineage
      .flatMap(({ managed }) => managed)
      .toReversed()
      .map((one) => [`${one.group}:${one.artifact}`, one]),
  )
}

/** A range, or a version nobody in the target tells, pins nothing. Another project of the target is what its own pom says. */
function nodeOf({ group, artifact, version }: Coordinates, local: Pom | undefined): LockNode {
  const isVersion = isCoordinate(version)
  const settled = isVersion ? version : local !== undefined && isCoordinate(local.version) ? local.version : ''
  return {
    purl: mavenPurl({ group, artifact, version: settled }),
    name: artifact,
    version: settled,
    needs: [],
    ...(isVersion || version === '' ? {} : { range: version.slice(0, 256) }),
  }
}

function kindOf(scope: string, optional: boolean): LockNeed['kind'] {
  if (scope === 'test') return 'dev'
  return optional || scope === 'provided' || scope === 'system' ? 'optional' : 'required'
}

/** The poms of modules, and of a parent elsewhere. */
function foldersOf(path: string, bytes: Uint8Array): string[] {
  try {
    const pom = parsePom(bytes, path)
    const folders = [...(pom?.modules ?? []), ...(pom?.parent === undefined ? [] : [pom.parent.path])].filter((folder) => folder !== '')
    return folders.map((folder) => joinPath(directoryOf(path), folder.endsWith('.xml') ? folder : `${folder}/pom.xml`))
  } catch (error) {
    if (error instanceof TallyError) return []
    throw error
  }
}
