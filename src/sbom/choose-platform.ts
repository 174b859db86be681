import type { Descriptor } from '../artifact/artifact.ts'
import type { ImageSource } from '../artifact/image-source.ts'
import { readManifest } from '../artifact/manifest.ts'
import type { Digest } from '../kernel/digest.ts'
import { fail } from '../kernel/errors.ts'
import { safeText } from '../kernel/text.ts'

/**
 * The image an index holds for a platform (`linux/arm64`, `linux/arm/v7`); what is no index is the image itself. Without a
 * platform the only one, or the one for `linux` on this machine's architecture. Throws `not-found` naming those there are.
 */
export async function choosePlatform(
  source: ImageSource,
  digest: Digest,
  platform: string | undefined,
  architecture: string,
): Promise<Digest> {
  const images = await imagesOf(source, digest)
  if (images === undefined) return digest
  const [only] = images
  if (platform === undefined && only !== undefined && images.length === 1) return only.digest
  const wanted = platform ?? `linux/${architecture}`
  const found = images.find((one) => platformName(one) === wanted) ?? images.find((one) => platformName(one).startsWith(`${wanted}/`))
  if (found !== undefined) return found.digest
  const there = [...new Set(images.map(platformName))].slice(0, 20).map(safeText).join(', ')
  throw fail('not-found', `holds no image for ${safeText(wanted)}`, {
    where: `${source.name}@${digest}`,
    hint: there === '' ? 'it holds none for any platform' : `--platform is one of ${there}`,
  })
}

/** The images of an index with their platforms (`linux/arm/v7`), in its order, each once; none of what is no index. Throws `not-found`. */
export async function platformsOf(
  source: ImageSource,
  digest: Digest,
): Promise<readonly { readonly platform: string; readonly digest: Digest }[]> {
  const images = new Map((await imagesOf(source, digest))?.map((one) => [one.digest, platformName(one)]))
  return [...images].map(([image, platform]) => ({ platform, digest: image }))
}

/** The images of an index; undefined for what is none. What it holds beside them, such as attestations, is for no platform. */
async function imagesOf(source: ImageSource, digest: Digest): Promise<readonly Descriptor[] | undefined> {
  const where = `${source.name}@${digest}`
  const manifest = await source.manifest(digest)
  if (manifest === undefined) throw fail('not-found', 'is not there', { where })
  const content = readManifest(manifest.bytes, where, manifest.descriptor.mediaType)
  if (content.kind !== 'index') return undefined
  return content.manifests.filter(({ platform }) => platform !== undefined && platform.os !== 'unknown')
}

function platformName({ platform }: Descriptor): string {
  if (platform === undefined) return ''
  return [platform.os, platform.architecture, platform.variant].filter((part) => part !== undefined).join('/')
}

/** An architecture of Node.js as images name it. */
export function imageArchitecture(architecture: string): string {
  const names: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', arm64: 'arm64', arm: 'arm' }
  return names[architecture] ?? architecture
}
