import type { ImageSource } from '../artifact/image-source.ts'
import { walkLayers } from '../artifact/layers.ts'
import type { LayerReader } from '../artifact/layers.ts'
import { readAll } from '../kernel/bytes.ts'
import type { Deps } from '../kernel/deps.ts'
import { hexOf } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import { LIMITS } from '../kernel/limits.ts'
import { purlText } from '../package/purl.ts'
import { assembleSbom } from './assemble.ts'
import type { SubjectHint } from './assemble.ts'
import type { Cataloger } from './catalogers/cataloger.ts'
import type { FileOutline, Inspector } from './catalogers/inspector.ts'
import { CATALOGERS, INSPECTORS } from './catalogers/table.ts'
import { startCollection, warnOfUnread } from './collect.ts'
import type { Collection } from './collect.ts'
import { databaseAliases, namesOf } from './database-links.ts'
import type { Sbom } from './model.ts'

export type ImageOptions = {
  /** RFC 3339; never "now" by itself. */
  readonly created: string
  readonly subject?: SubjectHint
  readonly catalogers?: readonly Cataloger[]
  readonly inspectors?: readonly Inspector[]
  readonly tool?: Sbom['tool']
}

/**
 * Lists the packages of an image as its running container would see them: each layer is streamed once, nothing is
 * extracted, nothing is run. In: where the image is, the digest of its manifest (of one platform). Throws what `walkLayers` and the
 * catalogers throw; nothing is said of an image before all its digests were found right.
 */
export async function catalogImage(
  deps: Pick<Deps, 'log' | 'signal'>,
  source: ImageSource,
  digest: Digest,
  options: ImageOptions,
): Promise<Sbom> {
  const collection = startCollection(options.catalogers ?? CATALOGERS, 'installed', options.inspectors ?? INSPECTORS)
  const { symlinks } = await walkLayers(source, digest, [layerReader(collection)], { signal: deps.signal })
  await readThroughLinks(deps, source, digest, symlinks, collection)
  const { catalogs, completeness, ...open } = collection.finish()
  warnOfUnread(deps, open)
  return assembleSbom(catalogs, {
    subject: subjectOf(digest, options.subject ?? {}),
    fallbackName: 'image',
    created: options.created,
    completeness,
    tool: options.tool,
  })
}

/** Everything the catalogers and inspectors want, from one pass over the layers. */
function layerReader(collection: Collection): LayerReader {
  return {
    wants: (path, outline) => {
      collection.see(path)
      if (collection.wants(path) !== undefined) return true
      // Another name of a file that is looked into anyway says nothing new, and would cost a second pass over the layer.
      if (outline.kind === 'link' && outline.seenBefore) return false
      const file = outline.kind === 'link' ? { size: LIMITS.executableBytes, executable: true } : outlineOf(outline)
      return collection.inspectorOf({ path, ...file }) !== undefined
    },
    read: async ({ path, size, mode, layer, content }) => {
      const limit = collection.wants(path)
      if (limit !== undefined) {
        collection.take(path, await readAll(content, LIMITS[limit], limit, path), layer.digest)
        return
      }
      const inspector = collection.inspectorOf({ path, ...outlineOf({ mode, size }) })
      if (inspector !== undefined) await collection.inspect(inspector, { path, size, layer: layer.digest, content })
    },
  }
}

function outlineOf({ mode, size }: { readonly mode: number; readonly size: number }): Omit<FileOutline, 'path'> {
  return { size, executable: (mode & 0o111) !== 0 }
}

/** Databases that a link leads to were passed over, since a link may come after what it leads to. Such an image is read again. */
async function readThroughLinks(
  deps: Pick<Deps, 'log' | 'signal'>,
  source: ImageSource,
  digest: Digest,
  symlinks: ReadonlyMap<string, string>,
  collection: Collection,
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
  await walkLayers(source, digest, [reader], { signal: deps.signal })
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
