import { purlText } from '../../../package/purl.ts'
import type { Component, Edge } from '../../model.ts'
import { startOwnedPaths } from '../../ownership.ts'
import { fileNameOf } from '../../path.ts'
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
  wants: (path, mode) => mode === 'installed' && (isDatabase(path) || isList(path) || OS_RELEASE_PATHS.includes(path)),
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
    owned: ownedPaths(files, purls),
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

/**
 * Who owns which path, by dpkg's file lists: `<package>.list`, or `<package>:<architecture>.list` where several are installed; in
 * distroless images by lists of checksums.
 */
function ownedPaths(files: ReadonlyMap<string, CatalogFile>, purls: ReadonlyMap<DpkgPackage, string>): ReadonlyMap<string, string> {
  const owned = startOwnedPaths(STATUS)
  const byList = new Map<string, string>()
  for (const [{ name, architecture }, purl] of purls) byList.set(name, purl).set(`${name}:${architecture}`, purl)
  for (const [path, file] of files) {
    if (!isList(path)) continue
    const name = fileNameOf(path).replace(/\.(?:list|md5sums)$/, '')
    const purl = byList.get(name) ?? ''
    for (const line of new TextDecoder().decode(file.bytes).split('\n')) {
      const listed = path.endsWith('.list') ? line : line.replace(/^[0-9a-f]{32} [ *]/, '/')
      if (listed.startsWith('/') && purl !== '') owned.add(listed.replace(/^\/(?:\.\/)?/, ''), purl)
    }
  }
  return owned.paths
}

function isList(path: string): boolean {
  return LIST.test(path) || (path.startsWith(STATUS_FOLDER) && path.endsWith('.md5sums'))
}
