import { getManifest, getManifestByDigest, pullScopes, refusal, eachPage } from './repository.ts'
import type { Repository } from './repository.ts'
import type { Descriptor } from '../artifact.ts'
import { MEDIA } from '../artifact.ts'
import { isIndexType, readManifest } from '../manifest.ts'
import { overLimit } from '../../kernel/bytes.ts'
import { hexOf } from '../../kernel/digest.ts'
import type { Digest } from '../../kernel/digest.ts'
import { fail } from '../../kernel/errors.ts'
import { LIMITS } from '../../kernel/limits.ts'

/** The tag under which registries without the referrers API list the referrers of a digest (distribution-spec 1.1, "Referrers Tag Schema"). */
export function fallbackTag(digest: Digest): string {
  return `sha256-${hexOf(digest)}`
}

/**
 * What a registry lists as referring to a digest: its referrers API and the fallback tag together, for a registry that
 * has learned the API keeps what was attached before. A list is the registry's claim: who uses an entry fetches the
 * manifest and looks at its subject. Throws `limit-exceeded` past referrersPerDigest.
 */
export async function listReferrers(io: Repository, digest: Digest): Promise<readonly Descriptor[]> {
  const found = new Map<Digest, Descriptor>()
  const lists = [(await listByApi(io, digest)) ?? [], await listByTag(io, digest)]
  for (const descriptor of lists.flat()) {
    if (!found.has(descriptor.digest)) found.set(descriptor.digest, descriptor)
    if (found.size > LIMITS.referrersPerDigest) throw overLimit('referrersPerDigest', LIMITS.referrersPerDigest, `${io.name}@${digest}`)
  }
  const complete: Descriptor[] = []
  for (const descriptor of found.values()) complete.push(await withArtifactType(io, descriptor))
  return complete
}

/** Referrers by the API, over all its pages; undefined where a registry has none (404, or a page of something else). */
export async function listByApi(io: Repository, digest: Digest): Promise<readonly Descriptor[] | undefined> {
  const where = `${io.name}@${digest}`
  const found: Descriptor[] = []
  let isServed = true
  await eachPage(io, `${io.path}/referrers/${digest}`, async (answer) => {
    const type = (answer.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase()
    if ([400, 404, 405, 501].includes(answer.status) || (answer.status === 200 && type !== MEDIA.ociIndex)) {
      await answer.drop()
      isServed = false
      return 'enough'
    }
    if (answer.status !== 200) throw await refusal(answer, 'list the referrers', where)
    const page = readManifest(await answer.bytes('manifestBytes'), where, MEDIA.ociIndex)
    if (page.kind === 'index') found.push(...page.manifests)
    if (found.length > LIMITS.referrersPerDigest) throw overLimit('referrersPerDigest', LIMITS.referrersPerDigest, where)
    return 'more'
  })
  return isServed ? found : undefined
}

async function listByTag(io: Repository, digest: Digest): Promise<readonly Descriptor[]> {
  const tag = fallbackTag(digest)
  const list = await getManifest(io, tag, pullScopes(io.repository))
  if (list === undefined) return []
  const content = readManifest(list.bytes, io.name, list.descriptor.mediaType)
  if (content.kind !== 'index') throw fail('registry-error', 'is no index, so it lists no referrers', { where: `${io.name}:${tag}` })
  return content.manifests
}

/** Fills in what old lists leave out, from the manifest itself. */
async function withArtifactType(io: Repository, descriptor: Descriptor): Promise<Descriptor> {
  if (descriptor.artifactType !== undefined || isIndexType(descriptor.mediaType)) return descriptor
  const manifest = await getManifestByDigest(io, descriptor.digest, pullScopes(io.repository))
  if (manifest === undefined) return descriptor
  const { artifactType } = readManifest(manifest.bytes, io.name, manifest.descriptor.mediaType)
  return artifactType === undefined ? descriptor : { ...descriptor, artifactType }
}
