import { pause } from './http.ts'
import { fallbackTag } from './referrers.ts'
import { getManifest, pushScopes, refusal } from './repository.ts'
import type { Repository } from './repository.ts'
import type { Descriptor } from '../artifact.ts'
import { MEDIA } from '../artifact.ts'
import type { ManifestBytes } from '../image-source.ts'
import { readManifest } from '../manifest.ts'
import { overLimit, utf8 } from '../../kernel/bytes.ts'
import type { Digest } from '../../kernel/digest.ts'
import { fail } from '../../kernel/errors.ts'
import { parseJson } from '../../kernel/json.ts'
import { LIMITS } from '../../kernel/limits.ts'

const ATTEMPTS = 10
/** How long another writer may be between its reading and its writing, in milliseconds. */
const SETTLE_MS = 100

/**
 * Adds a referrer to the index under the fallback tag (distribution-spec 1.1, "Referrers Tag Schema"). Registries have
 * no compare-and-set: the write carries the ETag that was read, for those that look at it, and for the others the index
 * is read back after a moment, and the write done again if somebody else's took its place. Throws `busy` when that does not end.
 */
export async function addToFallbackIndex(io: Repository, subject: Digest, referrer: Descriptor): Promise<void> {
  const tag = fallbackTag(subject)
  const where = `${io.name}:${tag}`
  const scopes = pushScopes(io.repository)
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const current = await getManifest(io, tag, scopes)
    const next = withReferrer(current, referrer, where)
    if (next === undefined) return
    const condition: Record<string, string> =
      current === undefined ? { 'if-none-match': '*' } : current.etag === undefined ? {} : { 'if-match': current.etag }
    const answer = await io.session.send({
      method: 'PUT',
      target: `${io.path}/manifests/${tag}`,
      headers: { 'content-type': MEDIA.ociIndex, ...condition },
      body: next,
      scopes,
      repeatable: true,
    })
    if (answer.status !== 201 && answer.status !== 200 && answer.status !== 412) throw await refusal(answer, 'list a referrer', where)
    await answer.drop()
    await pause(io.deps, SETTLE_MS + (io.deps.randomBytes(1)[0] ?? 0) / 2)
  }
  throw fail('busy', `others keep writing the list of referrers; gave up after ${ATTEMPTS} tries`, { where })
}

/** The index with a referrer in it, what others wrote kept as it is; undefined when it lists it already. */
function withReferrer(current: ManifestBytes | undefined, referrer: Descriptor, where: string): Uint8Array | undefined {
  if (current === undefined) return indexBytes({ schemaVersion: 2, mediaType: MEDIA.ociIndex }, [referrer])
  const content = readManifest(current.bytes, where, current.descriptor.mediaType)
  if (content.kind !== 'index') throw fail('registry-error', 'is no index, so no referrer can be listed in it', { where })
  if (content.manifests.some((entry) => entry.digest === referrer.digest)) return undefined
  if (content.manifests.length >= LIMITS.referrersPerDigest) throw overLimit('referrersPerDigest', LIMITS.referrersPerDigest, where)
  const { manifests, ...rest } = parseJson(current.bytes, where) as { readonly manifests?: readonly unknown[] }
  const next = indexBytes({ ...rest, mediaType: MEDIA.ociIndex }, [...(manifests ?? []), referrer])
  if (next.byteLength > LIMITS.manifestBytes) throw overLimit('manifestBytes', LIMITS.manifestBytes, where)
  return next
}

function indexBytes(head: Readonly<Record<string, unknown>>, manifests: readonly unknown[]): Uint8Array {
  return utf8(JSON.stringify({ ...head, manifests }))
}
