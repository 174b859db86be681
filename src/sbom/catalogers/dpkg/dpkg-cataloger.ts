import { purlText } from '../../../package/purl.ts'
import type { Component, Edge } from '../../model.ts'
import { partyFrom } from '../../party.ts'
import { NOTHING_FOUND } from '../cataloger.ts'
import type { Catalog, CatalogFile, Cataloger } from '../cataloger.ts'
import { OS_RELEASE_PATHS, distroOf, readRelease, systemComponent } from '../os-release.ts'
import type { OsRelease } from '../os-release.ts'
import { resolveDepends } from './depends.ts'
import { parseDpkgStatus } from './status.ts'
import type { DpkgPackage } from './status.ts'

const STATUS = 'var/lib/dpkg/status'
const STATUS_FOLDER = 'var/lib/dpkg/status.d/'
const LIST = /^var\/lib\/dpkg\/info\/[^/]+\.list$/

/** Debian and its kin: the database of dpkg, and the folder of stanzas that distroless images have instead. */
export const dpkgCataloger: Cataloger = {
  name: 'dpkg',
  wants: (path, mode) => mode === 'installed' && (isDatabase(path) || LIST.test(path) || OS_RELEASE_PATHS.includes(path)),
  databases: ['var/lib/dpkg', ...OS_RELEASE_PATHS],
  limitOf: (path) => (path === STATUS ? 'packageDatabaseBytes' : 'fileReadBytes'),
  read: readDpkg,
}

function isDatabase(path: string): boolean {
  if (path === STATUS) return true
  const name = path.slice(STATUS_FOLDER.length)
  return path.startsWith(STATUS_FOLDER) && !name.includes('/') && !name.endsWith('.md5sums')
}

function readDpkg(files: ReadonlyMap<string, CatalogFile>): Catalog {
  const found = new Map<DpkgPackage, string>()
  for (const [path, file] of files) {
    if (isDatabase(path)) for (const one of parseDpkgStatus(file.bytes, path)) found.set(one, path)
  }
  if (found.size === 0) return NOTHING_FOUND
  const system = readRelease(files)
  const release = system?.release
  const purls = new Map([...found.keys()].map((one) => [one, purlOf(one, release)]))
  const edges: Edge[] = []
  for (const [from, targets] of resolveDepends([...found.keys()])) {
    for (const target of targets) edges.push({ from: purls.get(from) ?? '', to: purls.get(target) ?? '' })
  }
  const packages = [...found].map(([one, file]) => componentOf(one, purls.get(one) ?? '', file))
  return {
    components: system === undefined ? packages : [systemComponent(system, 'dpkg'), ...packages],
    edges,
    projects: [],
    read: [...files.keys()],
    owned: ownedPaths(files),
  }
}

/** The epoch stays in the version, and the source package in `upstream`: advisories of Debian speak of sources. */
function purlOf({ name, version, architecture, source }: DpkgPackage, release: OsRelease | undefined): string {
  const upstream = source === undefined || (source.name === name && source.version === undefined) ? undefined : source
  return purlText({
    type: 'deb',
    namespace: release?.id ?? 'debian',
    name,
    version,
    qualifiers: {
      arch: architecture,
      distro: release === undefined ? undefined : distroOf(release),
      upstream:
        upstream === undefined ? undefined : upstream.version === undefined ? upstream.name : `${upstream.name}@${upstream.version}`,
    },
  })
}

function componentOf({ name, version, maintainer }: DpkgPackage, purl: string, file: string): Component {
  const producer = partyFrom(maintainer)
  return {
    purl,
    name,
    version,
    type: 'library',
    hashes: {},
    ...(producer === undefined ? {} : { producer }),
    evidence: [{ cataloger: 'dpkg', file, method: 'database', confidence: 1 }],
    scope: 'required',
  }
}

/** The paths of dpkg's own file lists, without the leading slash. */
function ownedPaths(files: ReadonlyMap<string, CatalogFile>): Set<string> {
  const owned = new Set<string>()
  for (const [path, file] of files) {
    if (!LIST.test(path)) continue
    for (const line of new TextDecoder().decode(file.bytes).split('\n')) if (line.startsWith('/')) owned.add(line.slice(1))
  }
  return owned
}
