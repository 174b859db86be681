import { overLimit, readAll } from '../kernel/bytes.ts'
import type { Digest } from '../kernel/digest.ts'
import { fail } from '../kernel/errors.ts'
import { LIMITS } from '../kernel/limits.ts'
import { broadcast } from './broadcast.ts'
import type { Consumer } from './broadcast.ts'
import type { InflateOptions } from './decompress.ts'
import { entriesOf, startEntryTable } from './entry-table.ts'
import type { EntryTable, RecordedEntry } from './entry-table.ts'
import { readImage } from './image.ts'
import type { Image, ImageLayer } from './image.ts'
import type { ImageSource } from './image-source.ts'
import { createLinkIndex } from './layer-links.ts'
import type { HardLink } from './layer-links.ts'
import { createSquash, nameMeaning } from './squash.ts'
import type { Squash } from './squash.ts'
import { walkTar } from './tar.ts'
import { openLayer } from './unpack.ts'
import type { TarCaps, TarEntry } from './tar.ts'
import { boundYoungSpace } from './young-garbage.ts'

/** A regular file of an image. `content` is there while `read` runs and can be read once. */
export type LayerFile = {
  /** As `TarEntry.path`: relative to the root, without a leading slash. */
  readonly path: string
  readonly size: number
  readonly mode: number
  /** The layer that has it: for the squashed view the topmost one. `index` counts from 0 at the bottom. */
  readonly layer: { readonly index: number; readonly digest: Digest; readonly diffId: Digest }
  /** Whether the running container sees it. False only with `view: 'all-layers'`. */
  readonly visible: boolean
  /** Whether the layer was told from a recording: its content was read before, and is not here again. */
  readonly recorded: boolean
  readonly content: AsyncIterable<Uint8Array>
}

/**
 * What is known of a file before its bytes: mode and size, or of a hard link whether the container sees the same file under
 * its first name as well.
 */
export type LayerFileOutline =
  | { readonly kind: 'file'; readonly mode: number; readonly size: number }
  | { readonly kind: 'link'; readonly seenBefore: boolean }

/** One that wants some files of an image. Paths and `visible` as in `LayerFile`. */
export type LayerReader = {
  readonly wants: (path: string, outline: LayerFileOutline, visible: boolean) => boolean
  /** Called at most once for each wanted path that is a regular file or hard link to one. What is left unread is passed over. */
  readonly read: (file: LayerFile) => void | Promise<void>
}

export type LayerOptions = {
  /** `squashed` (default): what the running container sees. `all-layers`: each file of each layer, seen or not. */
  readonly view?: 'squashed' | 'all-layers'
  readonly caps?: Partial<TarCaps & NonNullable<InflateOptions['caps']> & { readonly imagePaths: number; readonly imagePathBytes: number }>
  readonly signal?: AbortSignal
  /** Where layers that were read before are told from, and what is read now is kept. Keeping contents is for the readers. */
  readonly recordings?: LayerRecordings
  /** Only so many layers, from the bottom: the image as it was after the last of them. */
  readonly upTo?: number
  /** Whether this thread is there for nothing else, and need not hand the unpacking to another. */
  readonly alone?: boolean
}

/** What a layer holds, without its contents: as many entries as its archive, in their order. */
export type LayerRecording = {
  readonly entries: EntryTable
  readonly unpackedBytes: number
}

export type LayerRecordings = {
  /** Called first, with the layers in the order in which they will be asked for: the topmost is the first. */
  readonly expect?: (layers: readonly ImageLayer[]) => Promise<void>
  /** A layer's recording, made when its digests, packed and unpacked, had been found to be these. Undefined to read it. */
  readonly load: (layer: ImageLayer) => Promise<LayerRecording | undefined>
  /** Called when a layer was read whole and both its digests were right. */
  readonly save: (layer: ImageLayer, recording: LayerRecording) => Promise<void>
}

export type LayerWalk = {
  readonly image: Image
  /** Regular files (hard links counted) the running container sees. */
  readonly files: number
  /** Symlinks the running container sees: path to target text. See `resolvePath`. */
  readonly symlinks: ReadonlyMap<string, string>
  /** From the bottom up. */
  readonly layers: readonly { readonly digest: Digest; readonly entries: number; readonly unpackedBytes: number }[]
}

/**
 * Reads an image layer by layer, from the top one down, each once, and hands each wanted file to every reader that wants
 * it. Coming from the top, what a layer says of a path is final, so whiteouts, opaque folders and replaced files need no
 * second look and nothing is kept but names. A wanted hard link is the exception: the bytes of its target have passed by
 * then, so that one layer is read again. In: source, digest of an image manifest, readers. Nothing is extracted; symlinks
 * are told, not followed. Only when the promise is fulfilled has every digest, packed and unpacked, been found right:
 * readers keep their findings back until then. Throws `artifact-malformed`, `digest-mismatch`, `limit-exceeded`, and what
 * `readImage` throws.
 */
export async function walkLayers(
  source: ImageSource,
  digest: Digest,
  readers: readonly LayerReader[],
  options: LayerOptions = {},
): Promise<LayerWalk> {
  const image = await readImage(source, digest)
  return { ...(await walkImage(source, image, readers, options)), image }
}

/** Where the layers of an image that is known already come from. */
export type LayerSource = Pick<ImageSource, 'name' | 'blob' | 'blobFile'>

/** As `walkLayers`, of layers that are known: those of an image, or some of them. */
export async function walkImage(
  source: LayerSource,
  image: Pick<Image, 'layers'>,
  readers: readonly LayerReader[],
  options: LayerOptions = {},
): Promise<Omit<LayerWalk, 'image'>> {
  const squash = createSquash({ ...LIMITS, ...options.caps })
  const walk: Walk = { source, image, readers, options, squash, symlinks: new Map(), files: 0, entries: 0, bytes: 0 }
  const layers: { digest: Digest; entries: number; unpackedBytes: number }[] = []
  const chosen = image.layers.slice(0, options.upTo).toReversed()
  await options.recordings?.expect?.(chosen)
  for (const layer of chosen) layers.unshift(await walkLayer(walk, layer))
  return { files: walk.files, symlinks: walk.symlinks, layers }
}

type Walk = {
  readonly source: LayerSource
  readonly image: Pick<Image, 'layers'>
  readonly readers: readonly LayerReader[]
  readonly options: LayerOptions
  readonly squash: Squash
  readonly symlinks: Map<string, string>
  files: number
  entries: number
  bytes: number
}

async function walkLayer(walk: Walk, layer: ImageLayer): Promise<{ digest: Digest; entries: number; unpackedBytes: number }> {
  const where = nameLayer(walk.image, layer)
  walk.squash.startLayer(where)
  const links = createLinkIndex(walk.squash, where)
  const recorded = await walk.options.recordings?.load(layer)
  const kept = recorded !== undefined || walk.options.recordings === undefined ? undefined : startEntryTable()
  const totals = await tellEntries(walk, layer, recorded, kept?.add, (entry) => {
    const meaning = nameMeaning(entry.path, where)
    if (meaning.kind === 'whiteout') walk.squash.whiteout(meaning.path)
    else if (meaning.kind === 'opaque') walk.squash.opaque(meaning.directory)
    if (meaning.kind !== 'entry') return undefined
    if (entry.type === 'hardlink') links.add(entry.path, entry.linkTarget ?? '')
    const visible = walk.squash.place(entry.path, entry.type)
    if (entry.type === 'symlink') {
      const target = entry.linkTarget ?? ''
      walk.squash.charge(target)
      links.addSymlink(entry.path, target)
      if (visible) walk.symlinks.set(entry.path, target)
    }
    if (entry.type === 'hardlink') return takeHardLink(walk, links.resolve(entry.path), visible, links)
    if (entry.type !== 'file') return undefined
    if (visible) walk.files += 1
    return deliver(walk, layer, entry, { path: entry.path, visible, recorded: recorded !== undefined })
  })
  const wanted = links.wanted()
  if (wanted.size > 0) {
    await tellEntries(walk, layer, recorded, undefined, (entry) => {
      const names = entry.type === 'file' ? wanted.get(entry.path) : undefined
      const all = names?.map((name) => ({ ...name, recorded: recorded !== undefined }))
      return all === undefined ? undefined : deliverLinks(walk, layer, entry, all)
    })
  }
  refuseOverAll(walk, totals)
  if (kept !== undefined) await walk.options.recordings?.save(layer, { entries: kept.finish(), unpackedBytes: totals.bytes })
  return { digest: layer.descriptor.digest, entries: totals.entries, unpackedBytes: totals.bytes }
}

/** The caps of one archive hold for all layers together, too. */
function refuseOverAll(walk: Walk, totals: { readonly entries: number; readonly bytes: number }): void {
  const caps: Pick<TarCaps, 'tarEntries' | 'tarUnpackedBytes'> = { ...LIMITS, ...walk.options.caps }
  walk.entries += totals.entries
  walk.bytes += totals.bytes
  if (walk.entries > caps.tarEntries) throw overLimit('tarEntries', caps.tarEntries, walk.source.name)
  if (walk.bytes > caps.tarUnpackedBytes) throw overLimit('tarUnpackedBytes', caps.tarUnpackedBytes, walk.source.name)
}

/** A hard link to a file is that file under another name; one to a symlink is that symlink. */
function takeHardLink(walk: Walk, link: HardLink, visible: boolean, links: ReturnType<typeof createLinkIndex>): undefined {
  if (link.kind === 'symlink') {
    if (visible) walk.symlinks.set(link.path, link.target)
    return
  }
  if (link.kind !== 'file') return
  if (visible) walk.files += 1
  const outline = { kind: 'link', seenBefore: walk.squash.isShown(link.target) } as const
  if (isDelivered(walk, visible) && walk.readers.some((reader) => reader.wants(link.path, outline, visible)))
    links.want(link.target, { path: link.path, visible })
}

function isDelivered(walk: Walk, visible: boolean): boolean {
  return visible || walk.options.view === 'all-layers'
}

type Name = { readonly path: string; readonly visible: boolean; readonly recorded: boolean }

function deliver(walk: Walk, layer: ImageLayer, entry: TarEntry, name: Name): Promise<void> | undefined {
  const jobs = jobsFor(walk, layer, entry, name, { kind: 'file', mode: entry.mode, size: entry.size })
  if (jobs.length === 0) return undefined
  return name.recorded ? oneAfterTheOther(jobs, entry.content) : broadcast(entry.content, jobs)
}

async function oneAfterTheOther(jobs: readonly Consumer[], content: AsyncIterable<Uint8Array>): Promise<void> {
  for (const job of jobs) await job(content)
}

/**
 * Gives one file under many names. A layer can hold a million links to one file, so they are served one after the other
 * from memory, and what they unpack to counts as unpacked. Files too large to be kept go to all at once: no reader keeps
 * such a file either.
 */
async function deliverLinks(walk: Walk, layer: ImageLayer, entry: TarEntry, names: readonly Name[]): Promise<void> {
  refuseOverAll(walk, { entries: 0, bytes: entry.size * names.length })
  const outline = { kind: 'link', seenBefore: walk.squash.isShown(entry.path) } as const
  const jobs = names.flatMap((name) => jobsFor(walk, layer, entry, name, outline))
  if (names.some(({ recorded }) => recorded)) {
    for (const job of jobs) await job(entry.content)
    return
  }
  if (entry.size > LIMITS.fileReadBytes) return await broadcast(entry.content, jobs)
  const bytes = await readAll(entry.content, LIMITS.fileReadBytes, 'fileReadBytes')
  for (const job of jobs) await job(once(bytes))
}

function jobsFor(
  walk: Walk,
  layer: ImageLayer,
  { size, mode }: TarEntry,
  { path, visible, recorded }: Name,
  outline: LayerFileOutline,
): readonly Consumer[] {
  if (!isDelivered(walk, visible)) return []
  const wanting = walk.readers.filter((reader) => reader.wants(path, outline, visible))
  if (wanting.length === 0) return []
  const place = { index: layer.index, digest: layer.descriptor.digest, diffId: layer.diffId }
  return wanting.map((reader) => async (content) => {
    await reader.read({ path, size, mode, layer: place, visible, recorded, content })
  })
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

/** One pass over a layer, or over the recording of one. `keep` is given what a recording needs. */
async function tellEntries(
  walk: Walk,
  layer: ImageLayer,
  recorded: LayerRecording | undefined,
  keep: ((entry: RecordedEntry) => void) | undefined,
  visit: (entry: TarEntry) => undefined | Promise<void>,
): Promise<{ entries: number; bytes: number }> {
  if (recorded !== undefined) {
    let told = 0
    for (const entry of entriesOf(recorded.entries)) {
      told += 1
      if (told % BOUND_EVERY === 0) boundYoungSpace()
      const pending = visit({ ...entry, offset: 0, content: NOT_RECORDED })
      if (pending !== undefined) await pending
    }
    return { entries: recorded.entries.count, bytes: recorded.unpackedBytes }
  }
  return await readLayer(walk, layer, (entry) => {
    keep?.(entry)
    return visit(entry)
  })
}

/** After so many entries that were made and dropped a look at the memory is worth its time. */
const BOUND_EVERY = 1024

/** The content of a file of a recording: whoever asks for it should have kept it. */
const NOT_RECORDED: AsyncIterable<Uint8Array> = {
  [Symbol.asyncIterator]: () => {
    throw fail('bug', 'the content of a file was asked for that was not recorded')
  },
}

/** One pass over a layer: packed digest (by the source), unpacking, diff id, tar. */
async function readLayer(
  walk: Walk,
  layer: ImageLayer,
  visit: (entry: TarEntry) => undefined | Promise<void>,
): Promise<{ entries: number; bytes: number }> {
  const { source, image, options } = walk
  const where = nameLayer(image, layer)
  const bounds = {
    ...(options.caps === undefined ? {} : { caps: options.caps }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  }
  // The digests show that nothing was cut off, and some builders leave the end marker out.
  return await walkTar(await openLayer(source, layer, where, { ...bounds, alone: options.alone === true }), visit, {
    where,
    endMarker: 'optional',
    ...bounds,
  })
}

function nameLayer(image: Pick<Image, 'layers'>, layer: ImageLayer): string {
  return `layer ${layer.index + 1} of ${image.layers.length} (${layer.descriptor.digest})`
}
