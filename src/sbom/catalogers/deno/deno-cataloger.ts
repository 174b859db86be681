import { addToGroup } from '../../../kernel/groups.ts'
import { z } from 'zod'
import { TallyError } from '../../../kernel/errors.ts'
import { withoutUserInfo } from '../../../kernel/redact.ts'
import { purlText } from '../../../package/purl.ts'
import { directoryOf, fileNameOf, joinPath } from '../../path.ts'
import { parseJsonc } from '../../text/jsonc.ts'
import type { Catalog, CatalogFile, Cataloger, CatalogMode } from '../cataloger.ts'
import { joinCatalogs } from '../join-catalogs.ts'
import { readOrPass } from '../lockfile-cataloger.ts'
import { catalogGraph, layerOf } from '../lock-graph.ts'
import type { LockNeed, LockNode, LockProject } from '../lock-graph.ts'
import { purlOf } from '../npm/identity.ts'
import { jsNodes, manifestAt, projectKey, wantsJsLock } from '../npm/js-lock.ts'
import type { JsPackage } from '../npm/js-lock.ts'
import { parseDenoLock } from './lockfile.ts'
import type { DenoLock } from './lockfile.ts'

const LOCKFILE = 'deno.lock'
const MANIFESTS = ['deno.json', 'deno.jsonc']

/** Deno: its lockfile with packages of npm, of JSR, and modules by address. */
export const denoCataloger: Cataloger = {
  name: 'deno',
  only: { names: ['package.json', LOCKFILE, ...MANIFESTS] },
  wants: (path, mode) =>
    wantsJsLock(path, mode, LOCKFILE) || (MANIFESTS.includes(fileNameOf(path)) && !`/${path}`.includes('/node_modules/')),
  limitOf: (path) => (fileNameOf(path) === LOCKFILE ? 'lockfileBytes' : 'packageFileBytes'),
  mentions: (path, bytes) => (fileNameOf(path) === LOCKFILE ? manifestsOf(path, bytes) : []),
  read: readDeno,
}

function readDeno(files: ReadonlyMap<string, CatalogFile>, mode: CatalogMode): Catalog {
  const locks = [...files].filter(([path]) => fileNameOf(path) === LOCKFILE)
  return joinCatalogs(locks.map(([path, file]) => readOrPass(mode, () => catalogLock(path, parseDenoLock(file.bytes, path), files, mode))))
}

/** The manifests of the lockfile's projects; all of them for a lockfile that cannot be read now, which `read` will say. */
function manifestsOf(path: string, bytes: Uint8Array): string[] {
  try {
    const folders = new Set(['', ...parseDenoLock(bytes, path).members.keys()])
    return [...folders].flatMap((folder) => [...MANIFESTS, 'package.json'].map((name) => joinPath(directoryOf(path), `${folder}/${name}`)))
  } catch (error) {
    if (error instanceof TallyError) return []
    throw error
  }
}

function catalogLock(path: string, lock: DenoLock, files: ReadonlyMap<string, CatalogFile>, mode: CatalogMode): Catalog {
  const directory = directoryOf(path)
  const find = resolver(lock)
  const members = lock.members.size === 0 ? new Map([['', Object.keys(lock.specifiers)]]) : lock.members
  const projects = [...members].map(([folder, wanted]): LockProject => {
    const at = joinPath(directory, folder)
    return { key: projectKey(at), directory: at, ...identityAt(at, files), needs: wanted.flatMap((one) => need(find(one), 'required')) }
  })
  const directories = new Set(projects.map((project) => project.directory))
  const { nodes, claimed } = jsNodes(npmPackages(lock, find), directories, files, mode)
  for (const [key, { integrity, dependencies }] of Object.entries(lock.jsr))
    nodes.set(`jsr:${key}`, jsrNode(key, integrity, dependencies, find))
  for (const [address, sha256] of Object.entries(lock.remote)) nodes.set(address, remoteNode(address, sha256))
  const found = catalogGraph({ nodes, projects }, { cataloger: 'deno', file: path, ...layerOf(files.get(path)) }, mode)
  const manifests = [...directories].flatMap((folder) => [...MANIFESTS, 'package.json'].map((name) => joinPath(folder, name)))
  return { ...found, read: [path, ...manifests.filter((manifest) => files.has(manifest))], claimed }
}

function need(to: string | undefined, kind: LockNeed['kind']): LockNeed[] {
  return to === undefined ? [] : [{ to, kind }]
}

function npmPackages(lock: DenoLock, find: (asked: string) => string | undefined): Map<string, JsPackage> {
  const packages = new Map<string, JsPackage>()
  for (const [key, { integrity, dependencies, optionalDependencies }] of Object.entries(lock.npm)) {
    const { name, version } = splitKey(key)
    const needs = [
      ...dependencies.flatMap((one) => need(find(npmSpecifier(one)), 'required')),
      ...optionalDependencies.flatMap((one) => need(find(npmSpecifier(one)), 'optional')),
    ]
    packages.set(`npm:${key}`, { name, version, needs, ...(integrity === undefined ? {} : { integrity }) })
  }
  return packages
}

/** `name`, `name@version` and `alias@npm:name@version` as what is asked for. */
function npmSpecifier(dependency: string): string {
  const alias = dependency.indexOf('@npm:', 1)
  return alias === -1 ? `npm:${dependency.replace(/^npm:/, '')}` : dependency.slice(alias + 1)
}

/** Finds the key of what is asked for: by its specifier, as a key itself, or as the only one of that name. */
function resolver(lock: DenoLock): (asked: string) => string | undefined {
  const keys = new Set([...Object.keys(lock.npm).map((key) => `npm:${key}`), ...Object.keys(lock.jsr).map((key) => `jsr:${key}`)])
  const byName = new Map<string, string[]>()
  for (const key of keys) {
    const name = nameOf(key)
    addToGroup(byName, name, key)
  }
  const became = (asked: string): string | undefined => {
    const to = Object.hasOwn(lock.specifiers, asked) ? lock.specifiers[asked] : undefined
    if (to === undefined) return undefined
    return /^(?:npm|jsr):/.test(to) ? to : `${nameOf(asked)}@${to}`
  }
  return (asked) => {
    const key = became(asked) ?? asked
    if (keys.has(key)) return key
    const alone = byName.get(nameOf(asked))
    return alone?.length === 1 ? alone[0] : undefined
  }
}

/** `npm:@s/name` of `npm:@s/name@range`. */
function nameOf(specifier: string): string {
  const at = specifier.indexOf('@', 'npm:'.length + 1)
  return at === -1 ? specifier : specifier.slice(0, at)
}

/** The peers a package was resolved among stand behind its version, after an underscore. */
function splitKey(key: string): { readonly name: string; readonly version: string } {
  const at = key.indexOf('@', 1)
  return at === -1 ? { name: key, version: '' } : { name: key.slice(0, at), version: key.slice(at + 1).split('_', 1)[0] ?? '' }
}

function jsrNode(
  key: string,
  integrity: string | undefined,
  dependencies: readonly string[],
  find: (asked: string) => string | undefined,
): LockNode {
  const { name, version } = splitKey(key)
  const hashes = integrity !== undefined && /^[0-9a-f]{64}$/.test(integrity) ? { sha256: integrity } : {}
  return { purl: jsrPurl(name, version), name, version, hashes, needs: dependencies.flatMap((one) => need(find(one), 'required')) }
}

/** JSR has no package URL type of its own yet; this is the one that other tools write. */
function jsrPurl(name: string, version: string): string {
  const segments = name.split('/').filter((segment) => segment !== '')
  return purlText({ type: 'jsr', namespace: segments.slice(0, -1).join('/'), name: segments.at(-1) ?? 'unnamed', version })
}

/** A module that is imported by its address. */
function remoteNode(address: string, sha256: string): LockNode {
  const clean = withoutUserInfo(address.replace(/[?#].*$/, ''))
  const isHash = /^[0-9a-f]{64}$/.test(sha256)
  const name = clean.split('/').findLast((segment) => segment !== '') ?? 'module'
  const qualifiers = { download_url: clean, ...(isHash ? { checksum: `sha256:${sha256}` } : {}) }
  return {
    purl: purlText({ type: 'generic', name, qualifiers }),
    name: clean,
    version: '',
    type: 'file',
    hashes: isHash ? { sha256 } : {},
    needs: [],
  }
}

const MANIFEST = z.object({ name: z.string().optional().catch(undefined), version: z.string().optional().catch(undefined) })

/** What a project is called in its deno.json, else in its package.json. */
function identityAt(directory: string, files: ReadonlyMap<string, CatalogFile>): Pick<LockProject, 'name' | 'version' | 'purl'> {
  for (const manifest of MANIFESTS.map((name) => joinPath(directory, name))) {
    const file = files.get(manifest)
    const said = file === undefined ? undefined : readManifest(file.bytes, manifest)
    if (said?.name !== undefined && said.name !== '') {
      return { name: said.name, version: said.version ?? '', purl: jsrPurl(said.name, said.version ?? '') }
    }
  }
  const manifest = manifestAt(files, directory)
  const name = manifest?.name ?? fileNameOf(directory)
  const version = manifest?.version ?? ''
  return { name, version, purl: purlOf({ name, version }) }
}

function readManifest(bytes: Uint8Array, where: string): z.infer<typeof MANIFEST> | undefined {
  try {
    return MANIFEST.safeParse(parseJsonc(bytes, where, 'packageFileBytes')).data
  } catch (error) {
    if (error instanceof TallyError && error.code === 'artifact-malformed') return undefined
    throw error
  }
}
