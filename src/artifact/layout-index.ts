import type { Descriptor } from './artifact.ts'
import { MEDIA } from './artifact.ts'
import { readDescriptors } from './manifest.ts'
import { overLimit, utf8 } from '../kernel/bytes.ts'
import type { Digest } from '../kernel/digest.ts'
import { fail } from '../kernel/errors.ts'
import { parseJson } from '../kernel/json.ts'
import { LIMITS } from '../kernel/limits.ts'

/** image-spec's annotation for a tag in index.json (annotations.md). */
const REF_NAME = 'org.opencontainers.image.ref.name'
/** Our hint of whose referrer an entry is, so that a search need not open every manifest. What it leads to is verified; others' layouts have none. */
const SUBJECT_HINT = 'dev.tallystick.subject'

/** One entry of index.json: what we read of it, and all that was written, which is kept when the file is written again. */
type Entry = { readonly descriptor: Descriptor; readonly raw: Readonly<Record<string, unknown>> }

/** A layout's index.json (image-spec 1.1, image-layout.md), as a value: each change makes a new one. */
export type LayoutIndex = { readonly entries: readonly Entry[]; readonly rest: Readonly<Record<string, unknown>> }

export const EMPTY_LAYOUT: LayoutIndex = { entries: [], rest: { schemaVersion: 2, mediaType: MEDIA.ociIndex } }

export function parseLayoutIndex(bytes: Uint8Array, where: string): LayoutIndex {
  const json = parseJson(bytes, where, { code: 'artifact-malformed' })
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw fail('artifact-malformed', 'is not the index of an OCI layout', { where })
  }
  const { manifests, ...rest } = json as Readonly<Record<string, unknown>>
  if (rest['schemaVersion'] !== 2) throw fail('artifact-malformed', 'has a schemaVersion that is not 2', { where })
  const list = manifests ?? []
  if (!Array.isArray(list)) throw fail('artifact-malformed', 'has no list of manifests', { where })
  if (list.length > LIMITS.layoutEntries) throw overLimit('layoutEntries', LIMITS.layoutEntries, where)
  const descriptors = readDescriptors(list, where)
  return { entries: descriptors.map((descriptor, at) => ({ descriptor, raw: list[at] as Readonly<Record<string, unknown>> })), rest }
}

export function layoutIndexBytes(index: LayoutIndex): Uint8Array {
  return utf8(`${JSON.stringify({ ...index.rest, manifests: index.entries.map((entry) => entry.raw) })}\n`)
}

export function tagOf(descriptor: Descriptor): string | undefined {
  return descriptor.annotations?.[REF_NAME]
}

export function subjectHint(descriptor: Descriptor): string | undefined {
  return descriptor.annotations?.[SUBJECT_HINT]
}

export function tagsOf(index: LayoutIndex): readonly string[] {
  const tags = new Set(index.entries.map((entry) => tagOf(entry.descriptor)).filter((tag) => tag !== undefined))
  return [...tags].sort()
}

/** What a tag names. Throws `artifact-malformed` when it names two things: then it names nothing. */
export function findTag(index: LayoutIndex, tag: string, where: string): Descriptor | undefined {
  const found = index.entries.map((entry) => entry.descriptor).filter((descriptor) => tagOf(descriptor) === tag)
  if (new Set(found.map((descriptor) => descriptor.digest)).size > 1) {
    throw fail('artifact-malformed', `lists the tag ${tag} for two different manifests`, { where })
  }
  return found[0]
}

/** The index with a manifest in it; the same value when it lists it already, tagged or not. */
export function withManifest(index: LayoutIndex, descriptor: Descriptor, subject: Digest | undefined): LayoutIndex {
  if (index.entries.some((entry) => entry.descriptor.digest === descriptor.digest)) return index
  const { mediaType, digest, size, artifactType, platform } = descriptor
  const plain: Descriptor = {
    mediaType,
    digest,
    size,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(platform === undefined ? {} : { platform }),
    ...(subject === undefined ? {} : { annotations: { [SUBJECT_HINT]: subject } }),
  }
  return { ...index, entries: [...index.entries, { descriptor: plain, raw: plain }] }
}

/** The index with a tag pointing at a manifest it lists. What the tag named before stays in it. The same value when nothing changes. */
export function withTag(index: LayoutIndex, tag: string, digest: Digest): LayoutIndex {
  const holders = index.entries.filter((entry) => tagOf(entry.descriptor) === tag)
  if (holders.length === 1 && holders[0]?.descriptor.digest === digest) return index
  const cleared = index.entries.map((entry) => (tagOf(entry.descriptor) === tag ? annotate(entry, undefined) : entry))
  const found = cleared.find((entry) => entry.descriptor.digest === digest)
  if (found === undefined) throw fail('not-found', `no manifest ${digest} to point the tag ${tag} at`)
  return { ...index, entries: withoutSpareEntries([...cleared, annotate(found, tag)]) }
}

/** A manifest keeps one entry for each of its tags, and one without a tag only while it has none. */
function withoutSpareEntries(entries: readonly Entry[]): readonly Entry[] {
  const held = new Set(entries.filter((entry) => tagOf(entry.descriptor) !== undefined).map((entry) => entry.descriptor.digest))
  return entries.filter((entry) => {
    if (tagOf(entry.descriptor) !== undefined) return true
    const isSpare = held.has(entry.descriptor.digest)
    held.add(entry.descriptor.digest)
    return !isSpare
  })
}

function annotate(entry: Entry, tag: string | undefined): Entry {
  const { [REF_NAME]: _old, ...others } = entry.descriptor.annotations ?? {}
  const annotations = tag === undefined ? others : { ...others, [REF_NAME]: tag }
  const isEmpty = Object.keys(annotations).length === 0
  const { annotations: _before, ...descriptor } = entry.descriptor
  const { annotations: _beforeRaw, ...raw } = entry.raw
  return isEmpty ? { descriptor, raw } : { descriptor: { ...descriptor, annotations }, raw: { ...raw, annotations } }
}
