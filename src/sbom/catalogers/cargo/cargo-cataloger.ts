import { directoryOf, fileNameOf, joinPath } from '../../path.ts'
import type { Catalog, CatalogFile, Cataloger, CatalogMode } from '../cataloger.ts'
import { joinCatalogs } from '../join-catalogs.ts'
import { catalogGraph, layerOf } from '../lock-graph.ts'
import type { LockNeed, LockNode, LockProject } from '../lock-graph.ts'
import { readOrPass } from '../lockfile-cataloger.ts'
import { cargoPurl, parseCargoLock } from './cargo-lock.ts'
import type { CargoPackage } from './cargo-lock.ts'
import { readCargoManifest } from './cargo-manifest.ts'
import type { CargoManifest } from './cargo-manifest.ts'

const LOCKFILE = 'Cargo.lock'
const MANIFEST = 'Cargo.toml'

/** Rust: Cargo.lock of version 1 to 4, with the Cargo.toml of its workspace, which tell what is for development only. */
export const cargoCataloger: Cataloger = {
  name: 'cargo',
  wants: (path) => [LOCKFILE, MANIFEST].includes(fileNameOf(path)) && !isCopied(path),
  limitOf: (path) => (fileNameOf(path) === LOCKFILE ? 'lockfileBytes' : 'packageFileBytes'),
  mentions: (path, bytes) => {
    if (fileNameOf(path) === LOCKFILE) return [joinPath(directoryOf(path), MANIFEST)]
    return (readCargoManifest(bytes, path)?.members ?? []).map((member) => joinPath(directoryOf(path), `${member}/${MANIFEST}`))
  },
  read: readCargo,
}

/** Sources of other crates in cargo's own cache. */
function isCopied(path: string): boolean {
  return /(?:^|\/)\.?cargo\/(?:registry|git)\//.test(path)
}

/** What `cargo vendor` copied is what the lockfile pins. */
function isVendored(path: string): boolean {
  return /(?:^|\/)vendor\//.test(path)
}

type Manifests = ReadonlyMap<string, CargoManifest>

function readCargo(files: ReadonlyMap<string, CatalogFile>, mode: CatalogMode): Catalog {
  const manifests = new Map(
    [...files].flatMap(([path, file]) => {
      const read = fileNameOf(path) === MANIFEST ? readCargoManifest(file.bytes, path) : undefined
      return read === undefined ? [] : [[path, read] as const]
    }),
  )
  const locks = [...files].filter(([path]) => fileNameOf(path) === LOCKFILE)
  const catalogs = locks.map(([path, file]) => readOrPass(mode, () => catalogLock(path, file, manifests, mode)))
  const read = new Set(catalogs.flatMap((catalog) => catalog.read))
  const alone = [...manifests].filter(([path]) => !read.has(path))
  return joinCatalogs([...catalogs, ...alone.map(([path, manifest]) => catalogManifest(path, manifest, files.get(path), mode))])
}

/** A lockfile speaks for every Cargo.toml below its folder whose package it has. */
function catalogLock(path: string, file: CatalogFile, manifests: Manifests, mode: CatalogMode): Catalog {
  const directory = directoryOf(path)
  const packages = parseCargoLock(file.bytes, path)
  const manifestOf = new Map(
    [...manifests].flatMap(([at, manifest]) =>
      isUnder(at, directory) && !isVendored(at) ? [[manifest.name, { at, manifest }] as const] : [],
    ),
  )
  const nodes = new Map<string, LockNode>()
  const projects: LockProject[] = []
  const read = [path, joinPath(directory, MANIFEST), ...[...manifests.keys()].filter((at) => isUnder(at, directory) && isVendored(at))]
  for (const one of packages) {
    const { key, name, version, source, sha256, needs } = one
    const own = source === undefined ? manifestOf.get(name) : undefined
    const purl = cargoPurl(name, version, source)
    if (own !== undefined) {
      read.push(own.at)
      projects.push({ key, directory: directoryOf(own.at), name, version, purl, needs: projectNeeds(one, own.manifest, packages) })
    } else {
      nodes.set(key, {
        purl,
        name,
        version,
        ...(source === undefined ? { type: 'application' } : {}),
        ...(sha256 === undefined ? {} : { hashes: { sha256 } }),
        needs: needs.map((to) => ({ to, kind: 'required' as const })),
      })
    }
  }
  return { ...catalogGraph({ nodes, projects }, { cataloger: 'cargo', file: path, ...layerOf(file) }, mode), read: [...new Set(read)] }
}

/** The lockfile lists all needs of a project alike; its manifest tells how strong each is. */
function projectNeeds({ needs }: CargoPackage, { wants }: CargoManifest, packages: readonly CargoPackage[]): LockNeed[] {
  const nameOf = new Map(packages.map(({ key, name }) => [key, name]))
  return needs.flatMap((to) => {
    const kinds = new Set(wants.filter(({ name }) => name === nameOf.get(to)).map(({ kind }) => kind))
    const kind = (['required', 'optional', 'dev'] as const).find((one) => kinds.has(one)) ?? 'required'
    return [{ to, kind }]
  })
}

/** A Cargo.toml that no lockfile speaks for: what it asks for, with its ranges. */
function catalogManifest(path: string, manifest: CargoManifest, file: CatalogFile | undefined, mode: CatalogMode): Catalog {
  const { name, version, wants } = manifest
  const nodes = new Map<string, LockNode>()
  const needs: LockNeed[] = []
  for (const { name: wanted, range, kind } of wants) {
    const pinned = /^=\d+\.\d+\.\d+\S*$/.test(range) ? range.slice(1) : ''
    nodes.set(wanted, {
      purl: cargoPurl(wanted, pinned),
      name: wanted,
      version: pinned,
      ...(pinned === '' ? { range } : {}),
      needs: [],
    })
    needs.push({ to: wanted, kind })
  }
  const project: LockProject = {
    key: '\0project',
    directory: directoryOf(path),
    name,
    version,
    purl: cargoPurl(name === '' ? 'unnamed' : name, version),
    needs,
  }
  const source = { cataloger: 'cargo', file: path, method: 'manifest' as const, confidence: 0.5, ...layerOf(file) }
  const found = catalogGraph({ nodes, projects: name === '' ? [] : [project] }, source, mode)
  return wants.length === 0 ? { ...found, read: [path] } : { ...found, read: [], partial: [path] }
}

function isUnder(path: string, directory: string): boolean {
  return directory === '' || path.startsWith(`${directory}/`)
}
