import { z } from 'zod'
import { TallyError } from '../../../kernel/errors.ts'
import { parseJson } from '../../../kernel/json.ts'
import type { Component } from '../../model.ts'
import { directoryOf, fileNameOf } from '../../path.ts'
import type { CatalogFile } from '../cataloger.ts'
import { layerOf } from '../lock-graph.ts'
import { hashesOf, pythonPurl } from './identity.ts'
import type { PythonOrigin } from './identity.ts'
import { licenceOfMetadata } from './metadata-licence.ts'
import { parseMetadata } from './metadata.ts'
import { parseRequirement } from './requirement.ts'
import type { Requirement } from './requirement.ts'

/** A distribution that lies in a target: where, what it says of itself, and what it needs of those beside it. */
export type InstalledPackage = {
  readonly component: Component
  readonly name: string
  readonly version: string
  readonly file: string
  /** The folder it is imported from: `…/site-packages`. */
  readonly environment: string
  readonly requires: readonly Requirement[]
}

const METADATA = /(?:\.dist-info\/METADATA|\.egg-info\/PKG-INFO|\.egg-info|\/EGG-INFO\/PKG-INFO)$/
const BESIDE = /(?:\.dist-info\/direct_url\.json|\.egg-info\/requires\.txt|\/EGG-INFO\/requires\.txt)$/

export function isInstalledMetadata(path: string): boolean {
  return METADATA.test(path)
}

export function isBesideMetadata(path: string): boolean {
  return BESIDE.test(path)
}

/** The distributions that are installed: wheels (dist-info), eggs and what setuptools left (egg-info). What is broken is passed over. */
export function readInstalled(files: ReadonlyMap<string, CatalogFile>): InstalledPackage[] {
  const found: InstalledPackage[] = []
  for (const [path, file] of files) {
    if (!isInstalledMetadata(path)) continue
    const metadata = parseMetadata(new TextDecoder().decode(file.bytes))
    if (metadata.name === undefined) continue
    const { name, version = '' } = metadata
    const folder = path.endsWith('.egg-info') ? path : directoryOf(path)
    const direct = directUrl(files.get(`${folder}/direct_url.json`), `${folder}/direct_url.json`)
    const licence = licenceOfMetadata(metadata)
    const component: Component = {
      purl: pythonPurl(name, version, direct?.origin),
      name,
      version,
      type: 'library',
      hashes: direct?.hashes ?? {},
      ...(licence === undefined ? {} : { licence }),
      ...(metadata.producer === undefined ? {} : { producer: metadata.producer }),
      evidence: [{ cataloger: 'python', file: path, method: 'installed', confidence: 1 }],
      scope: 'required',
      ...layerOf(file),
    }
    const requires = [...metadata.requires, ...eggRequires(files.get(`${folder}/requires.txt`))].flatMap((text) => {
      const requirement = parseRequirement(text)
      return requirement === undefined ? [] : [requirement]
    })
    found.push({ component, name, version, file: path, environment: environmentOf(folder), requires })
  }
  return found
}

/** An egg is a folder of its own in the environment. */
function environmentOf(folder: string): string {
  const parent = directoryOf(folder)
  return fileNameOf(folder) === 'EGG-INFO' ? directoryOf(parent) : parent
}

/** requires.txt of an egg: requirements, then sections of what an extra, a marker or both (`[extra:marker]`) ask for. */
function eggRequires(file: CatalogFile | undefined): string[] {
  if (file === undefined) return []
  let condition = ''
  return new TextDecoder()
    .decode(file.bytes)
    .split('\n')
    .flatMap((line) => {
      const section = /^\[([^:\]]*)(?::([^\]]*))?\]\s*$/.exec(line)
      if (section === null) return line.trim() === '' ? [] : [condition === '' ? line : `${line} ; ${condition}`]
      const [, extra = '', marker = ''] = section
      condition = [marker === '' ? '' : `(${marker})`, extra === '' ? '' : `extra == "${extra}"`].filter((one) => one !== '').join(' and ')
      return []
    })
}

const DIRECT_URL = z.object({
  url: z.string(),
  vcs_info: z.object({ vcs: z.string().optional(), commit_id: z.string().optional() }).optional(),
  archive_info: z.object({ hash: z.string().optional(), hashes: z.record(z.string(), z.string()).optional() }).optional(),
})

/** Where pip installed it from, if from no index (PEP 610). */
function directUrl(file: CatalogFile | undefined, where: string): { origin?: PythonOrigin; hashes: Component['hashes'] } | undefined {
  if (file === undefined) return undefined
  try {
    const parsed = DIRECT_URL.safeParse(parseJson(file.bytes, where, { code: 'artifact-malformed', limitName: 'packageFileBytes' })).data
    if (parsed === undefined) return undefined
    const { url, vcs_info: vcs, archive_info: archive } = parsed
    if (vcs !== undefined) return { origin: { repository: url, commit: vcs.commit_id }, hashes: {} }
    const hashes = Object.entries(archive?.hashes ?? {}).map(([algorithm, value]) => `${algorithm}:${value}`)
    return {
      ...(/^https?:/.test(url) ? { origin: { address: url } } : {}),
      hashes: Object.assign({}, ...[...hashes, archive?.hash].map(hashesOf)) as Component['hashes'],
    }
  } catch (error) {
    if (error instanceof TallyError && error.code === 'artifact-malformed') return undefined
    throw error
  }
}
