import type { ImageSource } from '../artifact/image-source.ts'
import { readImage } from '../artifact/image.ts'
import type { Deps } from '../kernel/deps.ts'
import type { Digest } from '../kernel/digest.ts'
import { catalogImage } from './catalog-image.ts'
import type { ImageOptions } from './catalog-image.ts'
import { memoryLayerCache } from './layer-cache.ts'
import type { Sbom } from './model.ts'
import { mergeSboms } from './operations/merge.ts'

/**
 * Lists the packages an image had after any of its layers: also what a later layer removed or replaced, which is still in the image for
 * whoever pulls it. Each layer is read once. In and out as of `catalogImage`.
 */
export async function catalogAllLayers(
  deps: Pick<Deps, 'fs' | 'log' | 'randomBytes' | 'signal'>,
  source: ImageSource,
  digest: Digest,
  options: ImageOptions,
): Promise<Sbom> {
  const { layers } = await readImage(source, digest)
  // The top comes first: what is remembered of every layer tells the others, without another look into a cache on disk.
  const remembered = { ...options, cache: memoryLayerCache(options.cache) }
  const whole = await catalogImage(deps, source, digest, remembered)
  const states = [whole]
  const quiet = { ...deps, log: () => undefined }
  for (let upTo = layers.length - 1; upTo > 0; upTo -= 1) states.push(await catalogImage(quiet, source, digest, { ...remembered, upTo }))
  return { ...mergeSboms(states, {}), created: whole.created, tool: whole.tool, subject: whole.subject }
}
