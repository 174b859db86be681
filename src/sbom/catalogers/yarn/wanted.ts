import { matchesGlob } from '../../path.ts'
import type { CatalogFile } from '../cataloger.ts'
import type { LockNeed } from '../lock-graph.ts'
import { manifestAt, projectKey } from '../npm/js-lock.ts'
import type { Manifest } from '../npm/package-file.ts'
import { directoryOf, fileNameOf, joinPath } from '../../path.ts'

/** A dependency as somebody wrote it down. */
export type Wanted = { readonly name: string; readonly range: string; readonly kind: LockNeed['kind'] }

/** A project with what its package.json asks for. */
export type YarnProject = { readonly directory: string; readonly name: string; readonly wants: readonly Wanted[] }

/** What a package.json asks for. Of one name the stronger word counts, as in `needsOf`. */
export function wantedBy(manifest: Manifest | undefined): Wanted[] {
  const found = new Map<string, Wanted>()
  const add = (kind: LockNeed['kind'], names: Readonly<Record<string, unknown>> | undefined): void => {
    for (const [name, range] of Object.entries(names ?? {})) found.set(name, { name, range: typeof range === 'string' ? range : '', kind })
  }
  add('peer', manifest?.peerDependencies)
  add('dev', manifest?.devDependencies)
  add('required', manifest?.dependencies)
  add('optional', manifest?.optionalDependencies)
  return [...found.values()]
}

/** The project of a folder and its workspaces, as far as their package.json were handed in. */
export function projectsUnder(files: ReadonlyMap<string, CatalogFile>, directory: string): YarnProject[] {
  const root = manifestAt(files, directory)
  const patterns = (root?.workspaces ?? []).map((pattern) => pattern.replace(/^(!?)\.\//, '$1'))
  const folders = [directory]
  for (const path of files.keys()) {
    const folder = directoryOf(path)
    const inside = directory === '' ? folder : folder.slice(directory.length + 1)
    if (fileNameOf(path) !== 'package.json' || `/${path}`.includes('/node_modules/') || inside === '') continue
    if (directory !== '' && !folder.startsWith(`${directory}/`)) continue
    const wanted = patterns.some((pattern) => !pattern.startsWith('!') && matchesGlob(inside, pattern))
    if (wanted && !patterns.some((pattern) => pattern.startsWith('!') && matchesGlob(inside, pattern.slice(1)))) folders.push(folder)
  }
  return folders.map((folder) => {
    const manifest = manifestAt(files, folder)
    return { directory: folder, name: manifest?.name ?? '', wants: wantedBy(manifest) }
  })
}

/** The package.json of the workspaces that a package.json names. */
export function workspaceManifests(path: string, manifest: Manifest | undefined): string[] {
  const patterns = (manifest?.workspaces ?? []).filter((pattern) => !pattern.startsWith('!'))
  return patterns.map((pattern) => joinPath(directoryOf(path), `${pattern}/package.json`))
}

/**
 * Finds what a wanted dependency leads to: what the lockfile has for its range, else a workspace of that name, else the only package
 * of that name (a range may have been replaced by `resolutions`). A peer is whoever of that name stands alone.
 */
export function resolveWanted(
  projects: readonly YarnProject[],
  lookUp: (name: string, range: string) => string | undefined,
  byName: ReadonlyMap<string, readonly string[]>,
): (wanted: Wanted) => LockNeed[] {
  const workspaces = new Map(projects.filter(({ name }) => name !== '').map(({ name, directory }) => [name, projectKey(directory)]))
  return ({ name, range, kind }) => {
    const alone = byName.get(name)
    const only = alone?.length === 1 ? alone[0] : undefined
    const to = (kind === 'peer' ? undefined : lookUp(name, range)) ?? workspaces.get(name) ?? only
    return to === undefined ? [] : [{ to, kind }]
  }
}
