import { purlText } from '../../../package/purl.ts'
import { directoryOf, fileNameOf } from '../../path.ts'
import type { Component } from '../../model.ts'
import type { Catalog, CatalogFile, Cataloger, LooseEdge } from '../cataloger.ts'
import { layerOf } from '../lock-graph.ts'
import { lockfileCataloger } from '../lockfile-cataloger.ts'
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
  const components: Component[] = []
  const loose: LooseEdge[] = []
  const read: string[] = []
  const homes = new Set<string>()
  for (const [path, file] of files) {
    const gem = SPECIFICATION.test(path) ? parseGemspec(file.bytes) : undefined
    if (gem === undefined) continue
    const component = componentOf(gem, path, file)
    components.push(component)
    for (const name of gem.needs) loose.push({ from: component.purl, type: 'gem', namespace: '', name })
    read.push(path)
    const home = path.slice(0, path.lastIndexOf('specifications/'))
    homes.add(`${home}gems/${fileNameOf(path).slice(0, -'.gemspec'.length)}/`)
  }
  for (const path of files.keys()) {
    const [inside = ''] = IN_GEM.exec(path) ?? []
    if (homes.has(inside)) read.push(path)
  }
  return { components, edges: [], loose, projects: [], read }
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
