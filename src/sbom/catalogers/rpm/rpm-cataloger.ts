import { purlText } from '../../../package/purl.ts'
import type { Component, Edge } from '../../model.ts'
import { startOwnedPaths } from '../../ownership.ts'
import { NOTHING_FOUND } from '../cataloger.ts'
import type { Catalog, CatalogFile, Cataloger } from '../cataloger.ts'
import { OS_RELEASE_PATHS, distroOf, readRelease, systemComponent } from '../os-release.ts'
import type { OsRelease } from '../os-release.ts'
import { fileNameOf } from '../../path.ts'
import type { RpmPackage } from './header.ts'
import { MANIFEST_PATH, parseManifest } from './manifest.ts'
import { DATABASE_NAMES, RPM_FOLDERS, readPackages } from './package-database.ts'
import { resolveRequires } from './requires.ts'

const WAL = 'rpmdb.sqlite-wal'
const WANTED = new Set([
  ...RPM_FOLDERS.flatMap((folder) => [...DATABASE_NAMES, WAL].map((name) => `${folder}/${name}`)),
  MANIFEST_PATH,
  ...OS_RELEASE_PATHS,
])

/** Red Hat, SUSE and their kin: the database of rpm in each of its three formats, and the list distroless images have instead. */
export const rpmCataloger: Cataloger = {
  name: 'rpm',
  only: { names: [...DATABASE_NAMES, WAL, fileNameOf(MANIFEST_PATH), 'os-release'] },
  wants: (path, mode) => mode === 'installed' && WANTED.has(path),
  databases: [...RPM_FOLDERS, MANIFEST_PATH, ...OS_RELEASE_PATHS],
  limitOf: (path) => (OS_RELEASE_PATHS.includes(path) ? 'fileReadBytes' : 'packageDatabaseBytes'),
  read: readRpm,
}

function readRpm(files: ReadonlyMap<string, CatalogFile>): Catalog {
  const found = new Map<RpmPackage, string>()
  for (const folder of RPM_FOLDERS) for (const [one, file] of readFolder(files, folder)) found.set(one, file)
  const manifest = files.get(MANIFEST_PATH)
  if (manifest !== undefined) for (const one of parseManifest(manifest.bytes)) found.set(one, MANIFEST_PATH)
  if (found.size === 0) return { ...NOTHING_FOUND, read: [...files.keys()] }
  const system = readRelease(files)
  const purls = new Map([...found.keys()].map((one) => [one, purlOf(one, system?.release)]))
  const edges: Edge[] = []
  for (const [from, targets] of resolveRequires([...found.keys()])) {
    for (const target of targets) edges.push({ from: purls.get(from) ?? '', to: purls.get(target) ?? '' })
  }
  const owned = startOwnedPaths('rpm')
  for (const one of found.keys()) for (const file of one.files) owned.add(file.slice(1), purls.get(one) ?? '')
  const packages = [...found].map(([one, file]) => componentOf(one, purls.get(one) ?? '', file))
  return {
    components: system === undefined ? packages : [systemComponent(system, 'rpm'), ...packages],
    edges,
    projects: [],
    read: [...files.keys()],
    owned: owned.paths,
  }
}

/** The packages of the first file of a folder that has any. */
function readFolder(files: ReadonlyMap<string, CatalogFile>, folder: string): Map<RpmPackage, string> {
  for (const name of DATABASE_NAMES) {
    const path = `${folder}/${name}`
    const file = files.get(path)
    if (file === undefined) continue
    const packages = readPackages(file.bytes, path, files.get(`${folder}/${WAL}`)?.bytes)
    if (packages.length > 0) return new Map(packages.map((one) => [one, path]))
  }
  return new Map()
}

/** As purl-spec has it: the release after the version, the epoch apart; vendors by their own names. */
function purlOf(one: RpmPackage, release: OsRelease | undefined): string {
  return purlText({
    type: 'rpm',
    namespace: release === undefined ? undefined : vendorOf(release.id),
    name: one.name,
    version: versionOf(one),
    qualifiers: {
      arch: one.architecture,
      epoch: one.epoch === 0 ? undefined : String(one.epoch),
      distro: release === undefined ? undefined : distroOf(release),
      upstream: one.sourceRpm === '(none)' ? undefined : one.sourceRpm,
      rpmmod: one.module,
    },
  })
}

function versionOf({ version, release }: RpmPackage): string {
  return release === '' ? version : `${version}-${release}`
}

function vendorOf(id: string): string {
  if (id === 'rhel') return 'redhat'
  return id.startsWith('opensuse') ? 'opensuse' : id
}

function componentOf(one: RpmPackage, purl: string, file: string): Component {
  return {
    purl,
    name: one.name,
    version: one.epoch === 0 ? versionOf(one) : `${one.epoch}:${versionOf(one)}`,
    type: 'library',
    hashes: {},
    ...(one.licence === '' ? {} : { licence: one.licence }),
    evidence: [{ cataloger: 'rpm', file, method: 'database', confidence: 1 }],
    scope: 'required',
  }
}
