import { overLimit } from '../../../kernel/bytes.ts'
import { LIMITS } from '../../../kernel/limits.ts'
import { malformed, viewBytes } from '../../byte-view.ts'
import type { ByteView } from '../../byte-view.ts'

/** Something a package needs or provides: a name, and a range of versions by rpm's comparison flags. */
export type Dependency = { readonly name: string; readonly flags: number; readonly version: string }

/** What an SBOM needs of an installed rpm package. */
export type RpmPackage = {
  readonly name: string
  readonly version: string
  readonly release: string
  readonly epoch: number
  readonly architecture: string
  readonly licence: string
  readonly sourceRpm: string
  readonly module: string
  readonly requires: readonly Dependency[]
  readonly provides: readonly Dependency[]
  /** Absolute paths of its files and folders. */
  readonly files: readonly string[]
}

/** Numbers of the tags that are read (rpm, lib/rpmtag.h). */
const TAG = {
  name: 1000,
  version: 1001,
  release: 1002,
  epoch: 1003,
  licence: 1014,
  architecture: 1022,
  oldFiles: 1027,
  sourceRpm: 1044,
  provideName: 1047,
  requireFlags: 1048,
  requireName: 1049,
  requireVersion: 1050,
  provideFlags: 1112,
  provideVersion: 1113,
  dirIndexes: 1116,
  baseNames: 1117,
  dirNames: 1118,
  module: 5096,
} as const

const INT32 = 4
const STRING = 6
const STRING_ARRAY = 8
const I18N_STRING = 9
const ENTRY = 16
/** rpm's own limits (lib/header.c). */
const MAX_ENTRIES = 0xffff
const MAX_DATA = 256 * 1024 * 1024

/**
 * Reads a header as rpm's databases keep it (without magic): counts of index entries and data bytes, the index, the data
 * (rpm-rpm-header format, "Header Structure"). Undefined for what is no package: the public keys rpm stores in the same table.
 * Throws `artifact-malformed`, and `limit-exceeded` where the paths of its files are too many.
 */
export function parseRpmHeader(bytes: Uint8Array, where: string): RpmPackage | undefined {
  const header = openHeader(viewBytes(bytes, 'big', where))
  const name = header.text(TAG.name)
  const version = header.text(TAG.version)
  if (name === '' || version === '') throw malformed(where, 'has a package without a name or a version')
  if (name === 'gpg-pubkey') return undefined
  return {
    name,
    version,
    release: header.text(TAG.release),
    epoch: header.numbers(TAG.epoch)[0] ?? 0,
    architecture: header.text(TAG.architecture),
    licence: header.text(TAG.licence),
    sourceRpm: header.text(TAG.sourceRpm),
    module: header.text(TAG.module),
    requires: dependencies(header, TAG.requireName, TAG.requireFlags, TAG.requireVersion),
    provides: dependencies(header, TAG.provideName, TAG.provideFlags, TAG.provideVersion),
    files: filesOf(header, where),
  }
}

type Header = {
  readonly text: (tag: number) => string
  readonly texts: (tag: number) => readonly string[]
  readonly numbers: (tag: number) => readonly number[]
}

type Entry = { readonly type: number; readonly offset: number; readonly count: number }

function openHeader(view: ByteView): Header {
  const entries = view.u32(0)
  const dataSize = view.u32(4)
  if (entries === 0 || entries > MAX_ENTRIES || dataSize > MAX_DATA) throw malformed(view.where, 'has no header of a package')
  const dataAt = 8 + entries * ENTRY
  const data = viewBytes(view.slice(dataAt, dataSize), 'big', view.where)
  const index = new Map<number, Entry>()
  const wanted = new Set<number>(Object.values(TAG))
  for (let at = 8; at < dataAt; at += ENTRY) {
    const tag = view.u32(at)
    // What rpm adds after the installation comes later, and counts.
    if (wanted.has(tag)) index.set(tag, { type: view.u32(at + 4), offset: view.u32(at + 8), count: view.u32(at + 12) })
  }

  const texts = (tag: number): string[] => {
    const entry = index.get(tag)
    if (entry === undefined || (entry.type !== STRING && entry.type !== STRING_ARRAY && entry.type !== I18N_STRING)) return []
    return readStrings(data, entry.offset, entry.type === STRING ? 1 : entry.count)
  }
  const numbers = (tag: number): number[] => {
    const entry = index.get(tag)
    if (entry === undefined || entry.type !== INT32) return []
    data.slice(entry.offset, entry.count * 4)
    return Array.from({ length: entry.count }, (_, at) => data.u32(entry.offset + at * 4))
  }
  return { texts, numbers, text: (tag) => (texts(tag)[0] ?? '').trim() }
}

/** So many texts that each end with a zero byte. Old packages have other encodings than UTF-8: what is none is replaced. */
function readStrings(data: ByteView, offset: number, count: number): string[] {
  data.slice(offset, count)
  let end = offset
  for (let left = count; left > 0; left -= 1) {
    const zero = data.bytes.indexOf(0, end)
    if (zero === -1) throw malformed(data.where, 'has a text in a package header that does not end')
    end = zero + 1
  }
  return count === 0 ? [] : new TextDecoder().decode(data.bytes.subarray(offset, end - 1)).split('\0')
}

function dependencies(header: Header, nameTag: number, flagsTag: number, versionTag: number): Dependency[] {
  const flags = header.numbers(flagsTag)
  const versions = header.texts(versionTag)
  return header.texts(nameTag).map((name, at) => ({ name, flags: flags[at] ?? 0, version: versions[at] ?? '' }))
}

/** Paths as folder and name in it, or (rpm 3) whole. */
function filesOf(header: Header, where: string): string[] {
  const folders = header.texts(TAG.dirNames)
  const indexes = header.numbers(TAG.dirIndexes)
  const files: string[] = []
  let total = 0
  for (const [at, name] of header.texts(TAG.baseNames).entries()) {
    const folder = folders[indexes[at] ?? 0] ?? ''
    total += folder.length + name.length
    if (total > LIMITS.ownedPathBytes) throw overLimit('ownedPathBytes', LIMITS.ownedPathBytes, where)
    files.push(folder + name)
  }
  return files.length > 0 ? files : header.texts(TAG.oldFiles).slice()
}
