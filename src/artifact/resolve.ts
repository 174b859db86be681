import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import type { Artifact, Descriptor } from './artifact.ts'
import type { ImageSource } from './image-source.ts'
import { openSource } from './open.ts'
import type { RegistryOptions } from './open.ts'
import { formatReference } from './reference.ts'
import type { Reference } from './reference.ts'
import { untilAborted } from './until-aborted.ts'
import type { Deps } from '../kernel/deps.ts'
import { finishDigest } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import { asTallyError, fail } from '../kernel/errors.ts'
import { passFile } from '../kernel/read-file.ts'

/**
 * Finds out what a reference is, by digest; a tag is resolved here once and never again. A file is hashed as it streams
 * by; a docker archive has no manifest, so it is the file it is and the config digest of its image, and comes with its source. Throws `not-found`,
 * `reference-invalid` when a layout holds several things and none was named, and what its place throws.
 */
export async function resolveArtifact(
  deps: Deps,
  ref: Reference,
  options: RegistryOptions,
): Promise<{ readonly artifact: Artifact; readonly source?: ImageSource }> {
  if (ref.scheme === 'file') return { artifact: await hashFile(deps, ref.path) }
  if (ref.scheme === 'docker-archive') {
    const { meantConfig, openDockerArchive } = await import('./docker-archive.ts')
    const archive = await openDockerArchive(deps, ref.path)
    const config = meantConfig(archive, ref.tag)
    return { artifact: { ...(await hashFile(deps, ref.path)), ...(config === undefined ? {} : { config }) }, source: archive }
  }
  const source = await openSource(deps, ref, options)
  const where = formatReference(ref)
  const digest = ref.digest ?? (await resolveName(source, ref, where))
  const manifest = await source.manifest(digest)
  if (manifest === undefined) throw fail('not-found', 'has no such manifest', { where: `${source.name}@${digest}` })
  const { wrappedFileOf } = await import('./wrap.ts')
  const file = wrappedFileOf(manifest)
  const { size, mediaType } = manifest.descriptor
  const name = ref.scheme === 'registry' ? `${ref.host}/${ref.repository}` : (file?.name ?? basename(ref.path))
  return { artifact: { kind: 'manifest', digest, size, mediaType, name, ...(file === undefined ? {} : { file }) }, source }
}

async function resolveName(
  source: ImageSource,
  ref: Exclude<Reference, { scheme: 'file' | 'docker-archive' }>,
  where: string,
): Promise<Digest> {
  // As everywhere: a repository alone means its tag `latest`.
  const tag = ref.tag ?? (ref.scheme === 'registry' ? 'latest' : undefined)
  if (tag === undefined) return (await onlyRoot(source, where)).digest
  const found = await source.resolveTag(tag)
  if (found === undefined) throw fail('not-found', `has no tag ${tag}`, { where })
  return found.digest
}

async function onlyRoot(source: ImageSource, where: string): Promise<Descriptor> {
  const roots = (await source.roots?.()) ?? []
  const [root, ...others] = roots
  if (root === undefined) throw fail('not-found', 'holds no image', { where })
  if (others.length === 0) return root
  const tags = (await source.tags()).slice(0, 8).join(', ')
  throw fail('reference-invalid', `holds ${roots.length} images, and none is named`, {
    where,
    hint: tags === '' ? `name one by digest: ${where}@${root.digest}` : `name one by digest, or by one of its tags: ${tags}`,
  })
}

async function hashFile(deps: Deps, path: string): Promise<Extract<Artifact, { kind: 'file' }>> {
  try {
    if (!(await deps.fs.stat(path)).isFile()) throw fail('reference-invalid', 'is not a file', { where: path })
    const hash = createHash('sha256')
    let size = 0
    for await (const part of untilAborted(passFile(deps, path), deps.signal)) {
      size += part.byteLength
      hash.update(part)
    }
    return { kind: 'file', digest: finishDigest(hash), size, name: basename(path) }
  } catch (error) {
    throw asTallyError(error, path)
  }
}
