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
import { CATALOGERS } from './catalogers/table.ts'
import { startCollection, warnOfUnread } from './collect.ts'
import type { Collection } from './collect.ts'
import type { Sbom } from './model.ts'

export type ImageOptions = {
  /** RFC 3339; never "now" by itself. */
  readonly created: string
  readonly subject?: SubjectHint
  readonly catalogers?: readonly Cataloger[]
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
  const collection = startCollection(options.catalogers ?? CATALOGERS, 'installed')
  await walkLayers(source, digest, [layerReader(collection)], { signal: deps.signal })
  const { catalogs, completeness, unread } = collection.finish()
  warnOfUnread(deps, unread)
  return assembleSbom(catalogs, {
    subject: subjectOf(digest, options.subject ?? {}),
    fallbackName: 'image',
    created: options.created,
    completeness,
    tool: options.tool,
  })
}

/** Everything the catalogers want, from one pass over the layers. */
function layerReader(collection: Collection): LayerReader {
  return {
    wants: (path) => {
      collection.see(path)
      return collection.wants(path) !== undefined
    },
    read: async (file) => {
      const limit = collection.wants(file.path)
      if (limit === undefined) return
      collection.take(file.path, await readAll(file.content, LIMITS[limit], limit, file.path), file.layer.digest)
    },
  }
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
