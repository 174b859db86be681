import { purlText } from '../../../package/purl.ts'
import type { Component, Edge } from '../../model.ts'
import { startOwnedPaths } from '../../ownership.ts'
import { fileNameOf } from '../../path.ts'
import { NOTHING_FOUND } from '../cataloger.ts'
import type { Catalog, CatalogFile, Cataloger } from '../cataloger.ts'
import { resolveDepends } from '../dpkg/depends.ts'
import { parseDpkgStatus } from '../dpkg/status.ts'
import type { DpkgPackage } from '../dpkg/status.ts'
import { OS_RELEASE_PATHS, distroOf, readRelease, systemComponent } from '../os-release.ts'
import type { OsRelease } from '../os-release.ts'

const FOLDERS: readonly string[] = ['usr/lib/opkg', 'var/lib/opkg', 'opt/lib/opkg']
const STATUS = new Set(FOLDERS.map((folder) => `${folder}/status`))
const LIST = /^(?:usr|var|opt)\/lib\/opkg\/info\/[^/]+\.list$/

/** OpenWrt (until 24.10), Yocto: the database of opkg, which is written as dpkg's. */
export const opkgCataloger: Cataloger = {
  name: 'opkg',
  only: { names: ['status', 'os-release'], endings: ['list'] },
  wants: (path, mode) => mode === 'installed' && (STATUS.has(path) || LIST.test(path) || OS_RELEASE_PATHS.includes(path)),
  databases: [...FOLDERS, ...OS_RELEASE_PATHS],
  limitOf: (path) => (STATUS.has(path) ? 'packageDatabaseBytes' : 'fileReadBytes'),
  read: readOpkg,
}

function readOpkg(files: ReadonlyMap<string, CatalogFile>): Catalog {
  const found = new Map<DpkgPackage, string>()
  for (const [path, file] of files) {
    if (STATUS.has(path)) for (const one of parseDpkgStatus(file.bytes, path)) found.set(one, path)
  }
  if (found.size === 0) return { ...NOTHING_FOUND, read: [...files.keys()] }
  const system = readRelease(files)
  const purls = new Map([...found.keys()].map((one) => [one, purlOf(one, system?.release)]))
  const edges: Edge[] = []
  for (const [from, targets] of resolveDepends([...found.keys()])) {
    for (const target of targets) edges.push({ from: purls.get(from) ?? '', to: purls.get(target) ?? '' })
  }
  const packages = [...found].map(([one, file]) => componentOf(one, purls.get(one) ?? '', file))
  return {
    components: system === undefined ? packages : [systemComponent(system, 'opkg'), ...packages],
    edges,
    projects: [],
    read: [...files.keys()],
    owned: ownedPaths(files, purls),
  }
}

function purlOf({ name, version, architecture }: DpkgPackage, release: OsRelease | undefined): string {
  const qualifiers = { arch: architecture, distro: release === undefined ? undefined : distroOf(release) }
  return purlText({ type: 'opkg', namespace: release?.id, name, version, qualifiers })
}

function componentOf({ name, version }: DpkgPackage, purl: string, file: string): Component {
  return {
    purl,
    name,
    version,
    type: 'library',
    hashes: {},
    evidence: [{ cataloger: 'opkg', file, method: 'database', confidence: 1 }],
    scope: 'required',
  }
}

/** Lists have a path a line, and behind it what a newer opkg says of it. */
function ownedPaths(files: ReadonlyMap<string, CatalogFile>, purls: ReadonlyMap<DpkgPackage, string>): ReadonlyMap<string, string> {
  const owned = startOwnedPaths('opkg')
  const byName = new Map([...purls].map(([{ name }, purl]) => [name, purl]))
  for (const [path, file] of files) {
    const purl = LIST.test(path) ? byName.get(fileNameOf(path).slice(0, -'.list'.length)) : undefined
    if (purl === undefined) continue
    for (const line of new TextDecoder().decode(file.bytes).split('\n')) {
      const [named = ''] = line.split('\t', 1)
      if (named.startsWith('/')) owned.add(named.slice(1), purl)
    }
  }
  return owned.paths
}
