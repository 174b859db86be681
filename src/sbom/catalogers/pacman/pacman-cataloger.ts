import { purlText } from '../../../package/purl.ts'
import type { Component } from '../../model.ts'
import { startOwnedPaths } from '../../ownership.ts'
import { NOTHING_FOUND } from '../cataloger.ts'
import type { Catalog, CatalogFile, Cataloger } from '../cataloger.ts'
import { OS_RELEASE_PATHS, distroOf, readRelease, systemComponent } from '../os-release.ts'
import type { OsRelease } from '../os-release.ts'
import { createFinder, parseDesc, parseSections } from './local-database.ts'
import type { PacmanPackage } from './local-database.ts'

const FOLDER = 'var/lib/pacman/local'
const ENTRY = /^var\/lib\/pacman\/local\/[^/]+\/(?:desc|files)$/

/** Arch Linux and its kin: pacman's local database, a folder for each package. */
export const pacmanCataloger: Cataloger = {
  name: 'pacman',
  only: { names: ['desc', 'files', 'os-release'] },
  wants: (path, mode) => mode === 'installed' && (ENTRY.test(path) || OS_RELEASE_PATHS.includes(path)),
  databases: [FOLDER, ...OS_RELEASE_PATHS],
  limitOf: () => 'fileReadBytes',
  read: readPacman,
}

function readPacman(files: ReadonlyMap<string, CatalogFile>): Catalog {
  const found = new Map<PacmanPackage, string>()
  for (const [path, file] of files) {
    const one = path.endsWith('/desc') ? parseDesc(file.bytes) : undefined
    if (one !== undefined) found.set(one, path)
  }
  if (found.size === 0) return NOTHING_FOUND
  const system = readRelease(files)
  const purls = new Map([...found.keys()].map((one) => [one, purlOf(one, system?.release)]))
  const find = createFinder([...found.keys()])
  const edges = [...found.keys()].flatMap((one) =>
    one.depends.flatMap((dependency) => {
      const target = find(dependency)
      return target === undefined ? [] : [{ from: purls.get(one) ?? '', to: purls.get(target) ?? '' }]
    }),
  )
  const packages = [...found].map(([one, file]) => componentOf(one, purls.get(one) ?? '', file))
  return {
    components: system === undefined ? packages : [systemComponent(system, 'pacman'), ...packages],
    edges,
    projects: [],
    read: [...new Set(found.values())],
    owned: ownedPaths(files, found, purls),
  }
}

function purlOf({ name, version, base, architecture }: PacmanPackage, release: OsRelease | undefined): string {
  return purlText({
    type: 'alpm',
    namespace: release?.id ?? 'arch',
    name,
    version,
    qualifiers: {
      arch: architecture,
      distro: release === undefined ? undefined : distroOf(release),
      upstream: base === name ? undefined : base,
    },
  })
}

function componentOf({ name, version, licences }: PacmanPackage, purl: string, file: string): Component {
  const named = licences.length > 1 ? licences.map((one) => `(${one})`).join(' AND ') : licences[0]
  return {
    purl,
    name,
    version,
    type: 'library',
    hashes: {},
    ...(named === undefined ? {} : { licence: named }),
    evidence: [{ cataloger: 'pacman', file, method: 'database', confidence: 1 }],
    scope: 'required',
  }
}

/** The files of each package, listed beside its description. */
function ownedPaths(
  files: ReadonlyMap<string, CatalogFile>,
  found: ReadonlyMap<PacmanPackage, string>,
  purls: ReadonlyMap<PacmanPackage, string>,
): ReadonlyMap<string, string> {
  const owned = startOwnedPaths(FOLDER)
  for (const [one, path] of found) {
    const list = files.get(path.replace(/desc$/, 'files'))
    if (list === undefined) continue
    for (const file of parseSections(list.bytes).get('FILES') ?? []) if (!file.endsWith('/')) owned.add(file, purls.get(one) ?? '')
  }
  return owned.paths
}
