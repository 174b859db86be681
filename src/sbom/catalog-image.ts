import type { Image } from '../artifact/image.ts'
import type { ImageSource } from '../artifact/image-source.ts'
import { walkLayers } from '../artifact/layers.ts'
import type { LayerReader } from '../artifact/layers.ts'
import { readAll } from '../kernel/bytes.ts'
import type { Deps } from '../kernel/deps.ts'
import { hexOf } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import { fail } from '../kernel/errors.ts'
import { LIMITS } from '../kernel/limits.ts'
import { purlText } from '../package/purl.ts'
import { assembleSbom } from './assemble.ts'
import type { SubjectHint } from './assemble.ts'
import { NOTHING_FOUND } from './catalogers/cataloger.ts'
import type { Cataloger } from './catalogers/cataloger.ts'
import type { Inspector } from './catalogers/inspector.ts'
import { CATALOGERS, INSPECTORS } from './catalogers/table.ts'
import { claimedBase } from './claimed-base.ts'
import { startCollection, warnOfUnread } from './collect.ts'
import type { Collection } from './collect.ts'
import { databaseAliases, namesOf } from './database-links.ts'
import { layerMemory, layerReader } from './image-reader.ts'
import type { LayerMemory } from './image-reader.ts'
import { layerCommands, tellCommands } from './layer-commands.ts'
import type { LayerCache } from './layer-cache.ts'
import type { Sbom } from './model.ts'
import { matchesGlob } from './path.ts'
import { cacheWithScans, scanAhead, scanThreads } from './scan-ahead.ts'
import type { ScanAhead } from './scan-ahead.ts'

export type ImageOptions = {
  /** RFC 3339; never "now" by itself. */
  readonly created: string
  readonly subject?: SubjectHint
  readonly catalogers?: readonly Cataloger[]
  readonly inspectors?: readonly Inspector[]
  readonly tool?: Sbom['tool']
  readonly author?: Sbom['author']
  /** Patterns of paths that are not looked at (`*` within a segment, `**` over segments). */
  readonly exclude?: readonly string[]
  /** Where layers that were read are remembered. Nowhere by itself. */
  readonly cache?: LayerCache
  /** Only so many layers, from the bottom. */
  readonly upTo?: number
  /** How many layers may be scanned by other threads at once. Default: by the machine. */
  readonly threads?: number
}

/**
 * Lists the packages of an image as its running container would see them: each layer is streamed once, nothing is
 * extracted, nothing is run. Layers that are in the cache are not read again. In: where the image is, the digest of its manifest (of
 * one platform). Throws what `walkLayers` and the catalogers throw; nothing is said of an image before all its digests were found right.
 */
export async function catalogImage(
  deps: Pick<Deps, 'fs' | 'log' | 'randomBytes' | 'signal'>,
  source: ImageSource,
  digest: Digest,
  options: ImageOptions,
): Promise<Sbom> {
  const { collection, image } = await collect(deps, source, digest, options)
  const { catalogs, completeness, ...open } = collection.finish(image.layers.map(({ descriptor }) => descriptor.digest))
  warnOfUnread(deps, open)
  const base = await claimedBase(source, digest)
  const claims = base === undefined ? [] : [{ ...NOTHING_FOUND, components: [base] }]
  const sbom = assembleSbom([...catalogs, ...claims], {
    subject: subjectOf(digest, options.subject ?? {}),
    fallbackName: 'image',
    created: options.created,
    completeness,
    tool: options.tool,
    author: options.author,
    phase: 'post-build',
  })
  return { ...sbom, components: tellCommands(sbom.components, layerCommands(image)) }
}

type Collected = { readonly collection: Collection; readonly image: Image }
type WalkDeps = Pick<Deps, 'fs' | 'log' | 'randomBytes' | 'signal'>

/**
 * One walk over the layers, those that are in the cache or were scanned ahead told from there; another without either where they lack
 * what is wanted now.
 */
async function collect(deps: WalkDeps, source: ImageSource, digest: Digest, options: ImageOptions): Promise<Collected> {
  const { cache } = options
  const scans = scansOf(source, options)
  const known = scans === undefined ? cache : cacheWithScans(cache, scans)
  const stop = (): void => void scans?.close()
  deps.signal.addEventListener('abort', stop)
  try {
    const memory = known === undefined ? undefined : layerMemory(known, cache !== undefined, scans?.expect)
    const collected = await walk(deps, source, digest, options, memory)
    if (collected !== undefined) return collected
  } finally {
    deps.signal.removeEventListener('abort', stop)
    await scans?.close()
  }
  const unread = cache === undefined ? undefined : layerMemory({ ...cache, load: async () => undefined }, true)
  const collected = await walk(deps, source, digest, options, unread)
  if (collected === undefined) throw fail('bug', 'nothing was remembered, and something was missing', { where: source.name })
  return collected
}

/** Undefined where what is remembered lacks something. */
async function walk(
  deps: WalkDeps,
  source: ImageSource,
  digest: Digest,
  options: ImageOptions,
  memory: LayerMemory | undefined,
): Promise<Collected | undefined> {
  const collection = startCollection(options.catalogers ?? CATALOGERS, 'installed', options.inspectors ?? INSPECTORS)
  const counts = (path: string): boolean => options.exclude?.some((pattern) => matchesGlob(path, pattern)) !== true
  const { symlinks, image } = await walkLayers(source, digest, [layerReader(collection, counts, memory)], {
    signal: deps.signal,
    view: 'all-layers',
    ...(options.upTo === undefined ? {} : { upTo: options.upTo }),
    ...(memory === undefined ? {} : { recordings: memory.recordings }),
  })
  if (memory?.isStale() === true) return undefined
  await readThroughLinks(deps, source, digest, symlinks, collection, options.upTo)
  return { collection, image }
}

/** Catalogers of the caller's own do not go to other threads. */
function scansOf(source: ImageSource, options: ImageOptions): ScanAhead | undefined {
  const { cache, threads = scanThreads() } = options
  if (threads < 1 || options.catalogers !== undefined || options.inspectors !== undefined) return undefined
  return scanAhead(source, async (layer) => (await cache?.has(layer)) === true, threads)
}

/** Databases that a link leads to were passed over, since a link may come after what it leads to. Such an image is read again. */
async function readThroughLinks(
  deps: Pick<Deps, 'log' | 'signal'>,
  source: ImageSource,
  digest: Digest,
  symlinks: ReadonlyMap<string, string>,
  collection: Collection,
  upTo: number | undefined,
): Promise<void> {
  const { aliases, all } = databaseAliases(collection.databases, symlinks)
  if (!all) {
    deps.log('warn', 'package databases lie behind more links than are followed; the SBOM is incomplete')
    collection.miss()
  }
  if (aliases.length === 0) return
  const reader: LayerReader = {
    wants: (path) => namesOf(aliases, path).some((named) => collection.wants(named) !== undefined),
    read: async (file) => {
      const names = namesOf(aliases, file.path).filter((named) => collection.wants(named) !== undefined)
      const limit = collection.wants(names[0] ?? '')
      if (limit === undefined) return
      const bytes = await readAll(file.content, LIMITS[limit], limit, file.path)
      for (const named of names) {
        collection.see(named)
        collection.take(named, bytes, file.layer.digest)
      }
    },
  }
  await walkLayers(source, digest, [reader], { signal: deps.signal, ...(upTo === undefined ? {} : { upTo }) })
}

/** An image is known by its digest, whatever it is called. */
function subjectOf(digest: Digest, hint: SubjectHint): SubjectHint {
  const name = hint.name ?? 'image'
  const last = name.split('/').at(-1) ?? ''
  return {
    ...hint,
    name,
    purl: hint.purl ?? purlText({ type: 'oci', name: last === '' ? 'image' : last, version: digest }),
    digests: hint.digests ?? { sha256: hexOf(digest) },
  }
}
