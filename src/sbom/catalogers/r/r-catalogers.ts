import { directoryOf, fileNameOf } from '../../path.ts'
import type { Component } from '../../model.ts'
import type { Catalog, CatalogFile, Cataloger, LooseEdge } from '../cataloger.ts'
import { layerOf } from '../lock-graph.ts'
import { lockfileCataloger } from '../lockfile-cataloger.ts'
import { packageNames, rPurl } from './identity.ts'
import { parseRenvLock } from './renv-lock.ts'

/** renv's lockfiles. */
export const renvCataloger: Cataloger = lockfileCataloger({
  name: 'renv',
  only: { names: ['renv.lock'] },
  isLock: (path) => fileNameOf(path) === 'renv.lock',
  parse: ({ bytes, path }) => parseRenvLock(bytes, path),
})

/** Installed R packages: the DESCRIPTION of each in a library. */
export const rInstalledCataloger: Cataloger = {
  name: 'r-installed',
  only: { names: ['DESCRIPTION'] },
  wants: (path, mode) => mode === 'installed' && /(?:^|\/)(?:site-)?library\/[A-Za-z][\w.]*\/DESCRIPTION$/.test(path),
  limitOf: () => 'packageFileBytes',
  read: readInstalled,
}

function readInstalled(files: ReadonlyMap<string, CatalogFile>): Catalog {
  const components: Component[] = []
  const loose: LooseEdge[] = []
  const read: string[] = []
  for (const [path, file] of files) {
    const fields = parseDescription(file.bytes)
    const name = fields.get('Package') ?? ''
    const version = fields.get('Version') ?? ''
    // Installed packages say when and by which R they were built; a file of the same name in sources does not.
    if (name === '' || version === '' || !fields.has('Built')) continue
    const licence = fields.get('License')
    const purl = rPurl({
      name,
      version,
      repository: fields.get('Repository') ?? (fields.has('biocViews') ? 'Bioconductor' : ''),
      github: { owner: fields.get('RemoteUsername') ?? '', name: fields.get('RemoteRepo') ?? '', commit: fields.get('RemoteSha') ?? '' },
    })
    components.push({
      purl,
      name,
      version,
      type: 'library',
      hashes: {},
      ...(licence === undefined ? {} : { licence }),
      evidence: [{ cataloger: 'r-installed', file: path, method: 'installed', confidence: 1 }],
      scope: 'required',
      ...layerOf(file),
    })
    const needs = ['Depends', 'Imports', 'LinkingTo'].flatMap((field) => packageNames(fields.get(field)))
    const near = [`${directoryOf(directoryOf(path))}/`]
    for (const needed of new Set(needs)) loose.push({ from: purl, type: 'cran', namespace: '', name: needed, near })
    read.push(path)
  }
  return { components, edges: [], loose, projects: [], read }
}

/** Fields of a DESCRIPTION (Debian control format): a line that begins with white space goes on. */
function parseDescription(bytes: Uint8Array): Map<string, string> {
  const fields = new Map<string, string>()
  let field = ''
  for (const line of new TextDecoder().decode(bytes).split(/\r?\n/)) {
    if (/^\s/.test(line)) {
      if (field !== '') fields.set(field, `${fields.get(field) ?? ''} ${line.trim()}`)
      continue
    }
    const colon = line.indexOf(':')
    field = line.slice(0, Math.max(0, colon))
    if (field !== '') fields.set(field, line.slice(colon + 1).trim())
  }
  return fields
}
