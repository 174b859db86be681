import { purlText } from '../../../package/purl.ts'
import type { Component, Edge } from '../../model.ts'
import { startOwnedPaths } from '../../ownership.ts'
import { partyFrom } from '../../party.ts'
import { NOTHING_FOUND } from '../cataloger.ts'
import type { Catalog, CatalogFile, Cataloger } from '../cataloger.ts'
import { OS_RELEASE_PATHS, distroOf, readRelease, systemComponent } from '../os-release.ts'
import type { OsRelease } from '../os-release.ts'
import { parseApkInstalled } from './installed.ts'
import type { ApkPackage } from './installed.ts'

const DATABASES: readonly string[] = ['lib/apk/db/installed', 'usr/lib/apk/db/installed']

/** Alpine, Wolfi, Chainguard: the database of apk. */
export const apkCataloger: Cataloger = {
  name: 'apk',
  only: { names: ['installed', 'os-release'] },
  wants: (path, mode) => mode === 'installed' && (DATABASES.includes(path) || OS_RELEASE_PATHS.includes(path)),
  databases: ['lib/apk/db', 'usr/lib/apk/db', ...OS_RELEASE_PATHS],
  limitOf: (path) => (DATABASES.includes(path) ? 'packageDatabaseBytes' : 'fileReadBytes'),
  read: readApk,
}

function readApk(files: ReadonlyMap<string, CatalogFile>): Catalog {
  const path = DATABASES.find((database) => files.has(database))
  const file = path === undefined ? undefined : files.get(path)
  if (path === undefined || file === undefined) return NOTHING_FOUND
  const packages = parseApkInstalled(file.bytes, path)
  const system = readRelease(files)
  const purls = new Map(packages.map((one) => [one, purlOf(one, system?.release)]))
  const edges: Edge[] = []
  const find = providersOf(packages)
  for (const one of packages) {
    for (const wanted of one.depends) {
      const target = find(wanted)
      if (target !== undefined) edges.push({ from: purls.get(one) ?? '', to: purls.get(target) ?? '' })
    }
  }
  const owned = startOwnedPaths(path)
  for (const one of packages) for (const file of one.files) owned.add(file, purls.get(one) ?? '')
  const components = packages.map((one) => componentOf(one, purls.get(one) ?? '', path))
  return {
    components: system === undefined ? components : [systemComponent(system, 'apk'), ...components],
    edges,
    projects: [],
    read: [...files.keys()],
    owned: owned.paths,
  }
}

/**
 * Finds what satisfies an entry of `D:`: a package of that name, else one that provides it. What is installed together was
 * solved by apk, so a version in the entry is not judged again. A conflict (`!name`) needs nothing.
 */
function providersOf(packages: readonly ApkPackage[]): (wanted: string) => ApkPackage | undefined {
  const named = new Map(packages.map((one) => [one.name, one]))
  const provided = new Map<string, ApkPackage>()
  for (const one of packages) {
    for (const entry of one.provides) if (!provided.has(nameOf(entry))) provided.set(nameOf(entry), one)
    for (const path of one.files) if (!provided.has(`/${path}`)) provided.set(`/${path}`, one)
  }
  return (wanted) => (wanted.startsWith('!') ? undefined : (named.get(nameOf(wanted)) ?? provided.get(nameOf(wanted))))
}

/** `name`, `name>=1.2`, `so:libx.so.1=1.2.3`, `name~1.2`, `name@repository`. */
function nameOf(entry: string): string {
  return entry.split(/[<>=~@]/, 1)[0] ?? ''
}

function purlOf({ name, version, architecture, origin }: ApkPackage, release: OsRelease | undefined): string {
  return purlText({
    type: 'apk',
    namespace: release?.id ?? 'alpine',
    name,
    version,
    qualifiers: {
      arch: architecture,
      distro: release === undefined ? undefined : distroOf(release),
      upstream: origin === name ? undefined : origin,
    },
  })
}

function componentOf({ name, version, licence, maintainer }: ApkPackage, purl: string, file: string): Component {
  const producer = partyFrom(maintainer)
  return {
    purl,
    name,
    version,
    type: 'library',
    hashes: {},
    ...(licence === '' ? {} : { licence }),
    ...(producer === undefined ? {} : { producer }),
    evidence: [{ cataloger: 'apk', file, method: 'database', confidence: 1 }],
    scope: 'required',
  }
}
