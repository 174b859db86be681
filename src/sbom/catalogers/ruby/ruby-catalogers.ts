import { compareGeneric } from '../../../package/ordering.ts'
import { purlText } from '../../../package/purl.ts'
import { directoryOf, fileNameOf } from '../../path.ts'
import type { Component, Edge } from '../../model.ts'
import type { Catalog, CatalogFile, Cataloger } from '../cataloger.ts'
import { layerOf } from '../lock-graph.ts'
import { lockfileCataloger } from '../lockfile-cataloger.ts'
import { meetsRequirements } from './gem-range.ts'
import { parseGemfileLock } from './gemfile-lock.ts'
import { parseGemspec } from './gemspec.ts'
import type { Gemspec } from './gemspec.ts'

const LOCKFILES = new Set(['Gemfile.lock', 'gems.locked'])
/** What an installed gem carries along lies here; its specification lies beside, in `specifications/`. */
const IN_GEM = /^(.*?)(?:^|\/)gems\/([^/]+)\//
const SPECIFICATION = /(?:^|\/)specifications\/(?:default\/)?[^/]+\.gemspec$/

/** Bundler's lockfiles. Those that installed gems carry along are of their authors' tests. */
export const bundlerCataloger: Cataloger = lockfileCataloger({
  name: 'bundler',
  only: { names: [...LOCKFILES], endings: ['gemspec'] },
  isLock: (path) => LOCKFILES.has(fileNameOf(path)) && !IN_GEM.test(path),
  isBeside: (path) => path.endsWith('.gemspec') && !IN_GEM.test(path) && !SPECIFICATION.test(path),
  coversNames: ['Gemfile', 'gems.rb'],
  covers: (path, { directory }) => path.endsWith('.gemspec') && directoryOf(path) === directory,
  parse: ({ bytes, path, directory }) => parseGemfileLock(bytes, path, directory),
})

/** Installed gems, by the specifications RubyGems keeps of them. */
export const gemCataloger: Cataloger = {
  name: 'gem',
  only: { names: [...LOCKFILES, 'Gemfile'], endings: ['gemspec'] },
  wants: (path, mode) => mode === 'installed' && (SPECIFICATION.test(path) || (IN_GEM.test(path) && isDeclaration(path))),
  limitOf: () => 'packageFileBytes',
  read: readGems,
}

function isDeclaration(path: string): boolean {
  return path.endsWith('.gemspec') || LOCKFILES.has(fileNameOf(path)) || fileNameOf(path) === 'Gemfile'
}

function readGems(files: ReadonlyMap<string, CatalogFile>): Catalog {
  const found: InstalledGem[] = []
  const read: string[] = []
  const homes = new Set<string>()
  for (const [path, file] of files) {
    const gem = SPECIFICATION.test(path) ? parseGemspec(file.bytes) : undefined
    if (gem === undefined) continue
    const home = path.slice(0, path.lastIndexOf('specifications/'))
    found.push({ gem, home, component: componentOf(gem, path, file) })
    read.push(path)
    homes.add(`${home}gems/${fileNameOf(path).slice(0, -'.gemspec'.length)}/`)
  }
  for (const path of files.keys()) {
    const [inside = ''] = IN_GEM.exec(path) ?? []
    if (homes.has(inside)) read.push(path)
  }
  return { components: found.map(({ component }) => component), edges: gemEdges(found), projects: [], read }
}

type InstalledGem = { readonly gem: Gemspec; readonly home: string; readonly component: Component }

/** What each gem needs, as RubyGems would choose: of its own home first, the highest version that meets the requirements. */
function gemEdges(found: readonly InstalledGem[]): Edge[] {
  const byName = new Map<string, InstalledGem[]>()
  for (const one of found) {
    const known = byName.get(one.gem.name)
    if (known === undefined) byName.set(one.gem.name, [one])
    else known.push(one)
  }
  return found.flatMap(({ gem, home, component }) =>
    gem.needs.flatMap(({ name, requirements }) => {
      const fitting = (byName.get(name) ?? []).filter((other) => meetsRequirements(other.gem.version, requirements))
      const own = fitting.filter((other) => other.home === home)
      const [chosen] = (own.length > 0 ? own : fitting).toSorted((a, b) => compareGeneric(b.gem.version, a.gem.version) ?? 0)
      return chosen === undefined ? [] : [{ from: component.purl, to: chosen.component.purl }]
    }),
  )
}

function componentOf({ name, version, platform, licences }: Gemspec, path: string, file: CatalogFile): Component {
  const licence = licences.length > 1 ? licences.map((one) => `(${one})`).join(' OR ') : licences[0]
  return {
    purl: purlText({ type: 'gem', name, version, qualifiers: { platform } }),
    name,
    version,
    type: 'library',
    hashes: {},
    ...(licence === undefined ? {} : { licence }),
    evidence: [{ cataloger: 'gem', file: path, method: 'installed', confidence: 1 }],
    scope: 'required',
    ...layerOf(file),
  }
}
