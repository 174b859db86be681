import { fileNameOf, joinPath } from '../../path.ts'
import { compareDigits } from '../../../package/digits.ts'
import type { Cataloger } from '../cataloger.ts'
import type { LockGraph, LockNeed, LockNode, LockProject } from '../lock-graph.ts'
import { lockfileCataloger } from '../lockfile-cataloger.ts'
import type { Lockfile } from '../lockfile-cataloger.ts'
import { parseGoMod } from './go-mod.ts'
import type { GoMod, GoReplacement, GoRequirement } from './go-mod.ts'
import { goPurl } from './go-purl.ts'

/** Go: go.mod, with go.sum as its witness. Which module needs which stands only in the modules' own files. */
export const goModCataloger: Cataloger = lockfileCataloger({
  name: 'go-mod',
  isLock: (path) => fileNameOf(path) === 'go.mod' && !isCopied(path),
  isBeside: (path) => fileNameOf(path) === 'go.sum' && !isCopied(path),
  coversNames: ['go.sum'],
  parse: readGoMod,
})

/** Copies of other modules: of the module cache, and what was vendored. */
function isCopied(path: string): boolean {
  return /(?:^|\/)(?:pkg\/mod|vendor)\//.test(path)
}

function readGoMod(file: Lockfile): LockGraph & { readonly partial?: boolean } {
  const mod = parseGoMod(file.bytes, file.path)
  const sums = sumsOf(file.other(joinPath(file.directory, 'go.sum')))
  const nodes = new Map<string, LockNode>()
  const needs: LockNeed[] = []
  for (const required of mod.requires) {
    const node = nodeOf(required, mod.replaces, sums, file)
    nodes.set(required.path, node)
    if (!required.indirect) needs.push({ to: required.path, kind: 'required' })
  }
  const project: LockProject = {
    key: `module ${mod.module}`,
    directory: file.directory,
    name: mod.module,
    version: '',
    purl: goPurl(mod.module, ''),
    needs,
  }
  return { nodes, projects: [project], partial: mod.requires.length > 0 && !listsAll(mod) }
}

/** Before Go 1.17 a go.mod lists only what is imported directly. */
function listsAll({ go }: GoMod): boolean {
  const [major = '1', minor = '0'] = go.split('.')
  return /^\d+$/.test(major) && /^\d+$/.test(minor) && (compareDigits(major, '1') > 0 || compareDigits(minor, '17') >= 0)
}

/** A module is what stands in for it; a folder that does has no version, and the name its own go.mod gives it. */
function nodeOf(required: GoRequirement, replaces: readonly GoReplacement[], sums: ReadonlyMap<string, string>, file: Lockfile): LockNode {
  const replaced = replaces.find(({ path, version }) => path === required.path && (version === undefined || version === required.version))
  if (replaced !== undefined && /^\.{0,2}\//.test(replaced.by)) {
    const manifest = joinPath(file.directory, `${replaced.by}/go.mod`)
    const bytes = file.other(manifest)
    const path = bytes === undefined ? required.path : parseGoMod(bytes, manifest).module
    return { purl: goPurl(path, ''), name: path, version: '', needs: [] }
  }
  const { path, version } = replaced === undefined ? required : { path: replaced.by, version: replaced.byVersion ?? '' }
  const sum = sums.get(`${path} ${version}`)
  return { purl: goPurl(path, version), name: path, version, needs: [], ...(sum === undefined ? {} : { properties: { 'go:h1': sum } }) }
}

/** go.sum: `module version h1:…`. The hash is of a list of the module's files, not of one file. */
function sumsOf(bytes: Uint8Array | undefined): Map<string, string> {
  const sums = new Map<string, string>()
  for (const line of bytes === undefined ? [] : new TextDecoder().decode(bytes).split('\n')) {
    const [path = '', version = '', sum = ''] = line.trim().split(' ')
    if (/^h1:[A-Za-z0-9+/]{43}=$/.test(sum)) sums.set(`${path} ${version}`, sum)
  }
  return sums
}
