import type { Component, Edge } from '../../model.ts'
import type { Executable } from '../../executable/read-executable.ts'
import type { Catalog } from '../cataloger.ts'
import { goPurl } from '../golang/go-purl.ts'
import type { Place } from '../inspector.ts'
import { readBuildInfo } from './build-info.ts'
import { mainVersion } from './main-version.ts'
import { parseModules } from './modules.ts'
import type { GoModule } from './modules.ts'

/**
 * What a Go program says it was built of: its main module, every module in it (what was replaced as what replaced it), and the
 * standard library of its toolchain. The program needs all of them: which of them needs which it does not say. In: the version its
 * linker stamped it with, as far as it can be told; it counts where the program says none itself.
 */
export function catalogGoBinary(executable: Executable, place: Place, stamp?: string): Catalog | 'unreadable' | undefined {
  const info = readBuildInfo(executable)
  if (info === undefined || info === 'unreadable') return info
  const { path, main, modules, settings } = parseModules(info.modules)
  const library = toolchainVersion(info.toolchain)
  const components = modules.map((module) => componentOf(module, place, 'library'))
  if (library !== undefined) components.push(componentOf({ path: 'stdlib', version: library, sum: '' }, place, 'library'))
  const program = programOf(path, main ?? ownModule(path, library), settings, stamp)
  if (program === undefined) return { components, edges: [], projects: [], read: [] }
  const root = componentOf(program.module, place, 'application', program.confidence)
  const edges: Edge[] = components.map(({ purl }) => ({ from: root.purl, to: purl }))
  return { components: [root, ...components], edges, projects: [], read: [] }
}

/** The main module, or, of a program that was built without modules, its package. */
function programOf(
  path: string,
  main: GoModule | undefined,
  settings: ReadonlyMap<string, string>,
  stamp: string | undefined,
): { readonly module: GoModule; readonly confidence: number } | undefined {
  if (main === undefined && (path === '' || path === 'command-line-arguments')) return undefined
  const { version, confidence } = mainVersion(main?.version ?? '', settings, stamp)
  return { module: { path: main?.path ?? path, version, sum: '' }, confidence }
}

/** A command of the toolchain itself has no module, and the toolchain's version. */
function ownModule(path: string, library: string | undefined): GoModule | undefined {
  return path.startsWith('cmd/') && library !== undefined ? { path, version: library, sum: '' } : undefined
}

/** `go1.22.3` of `go1.22.3 X:boringcrypto` or of a vendor's `go1.22.3-1`. */
function toolchainVersion(toolchain: string): string | undefined {
  return /^go(\d+\.\d+(?:\.\d+)?(?:(?:rc|beta)\d+)?)/.exec(toolchain)?.[1]
}

function componentOf({ path, version }: GoModule, { path: file, layer }: Place, type: Component['type'], confidence = 1): Component {
  return {
    purl: goPurl(path, version),
    name: path,
    version,
    type,
    hashes: {},
    evidence: [{ cataloger: 'go-binary', file, method: 'binary', confidence }],
    scope: 'required',
    ...(layer === undefined ? {} : { layer }),
  }
}
