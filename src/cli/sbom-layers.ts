import type { ImageSource } from '../artifact/image-source.ts'
import type { Deps } from '../kernel/deps.ts'
import type { Digest } from '../kernel/digest.ts'
import { openCacheFolder } from '../sbom/cache-folder.ts'
import { catalogImage } from '../sbom/catalog-image.ts'
import type { ImageOptions } from '../sbom/catalog-image.ts'
import { catalogAllLayers } from '../sbom/catalog-layers.ts'
import { openLayerCache } from '../sbom/layer-cache.ts'
import type { Sbom } from '../sbom/model.ts'

/** Lists an image layer by layer, in the scope that is asked for; layers are remembered in the cache directory, if there is one. */
export async function listLayers(
  deps: Deps,
  source: ImageSource,
  digest: Digest,
  scope: string,
  options: ImageOptions,
  cacheDir: string | undefined,
): Promise<Sbom> {
  const cache = cacheDir === undefined ? {} : { cache: openLayerCache(openCacheFolder(deps, cacheDir, 'layers')) }
  return await (scope === 'all-layers' ? catalogAllLayers : catalogImage)(deps, source, digest, { ...options, ...cache })
}
