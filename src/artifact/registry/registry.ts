import { addToFallbackIndex } from './fallback-index.ts'
import { listByApi, listReferrers } from './referrers.ts'
import { eachPage, getManifest, getManifestByDigest, pullScopes, pushScopes, readBlob, refusal } from './repository.ts'
import type { Repository } from './repository.ts'
import { sessionWith } from './session.ts'
import type { RegistryDeps, SessionOptions } from './session.ts'
import { uploadBlob } from './upload.ts'
import type { ImageTarget, ManifestBytes } from '../image-source.ts'
import { readManifest, referrerDescriptor } from '../manifest.ts'
import { makeQueue } from '../queue.ts'
import { formatReference, isTag, parseReference } from '../reference.ts'
import { z } from 'zod'
import { overLimit } from '../../kernel/bytes.ts'
import type { Digest } from '../../kernel/digest.ts'
import { fail } from '../../kernel/errors.ts'
import { parseJson } from '../../kernel/json.ts'
import { LIMITS } from '../../kernel/limits.ts'

/**
 * Opens one repository of a registry (OCI distribution-spec 1.1), to read and to write. Nothing is sent before the first
 * call. Every digest is recomputed from bytes. Calls throw `offline`, `login-needed`, `forbidden`, `network`, `timeout`,
 * `insecure-transport`, `registry-error`, `digest-mismatch`, `artifact-malformed`, `limit-exceeded`.
 */
export function openRegistry(
  deps: RegistryDeps,
  place: { readonly host: string; readonly repository: string },
  options: SessionOptions,
): ImageTarget {
  const { host, repository } = place
  // A repository that was put together by a program is held to the same grammar as a written one: it becomes part of a path.
  parseReference(formatReference({ scheme: 'registry', host, repository }))
  const name = `${host}/${repository}`
  const io: Repository = { deps, session: sessionWith(deps, host, options), repository, name, path: `/v2/${repository}` }
  const oneByOne = makeQueue()
  return {
    name,
    origin: { host, repository },
    resolveTag: async (tag) => {
      if (!isTag(tag)) throw fail('reference-invalid', 'is not a tag', { where: tag.slice(0, 150) })
      return (await getManifest(io, tag, pullScopes(repository)))?.descriptor
    },
    manifest: (digest) => getManifestByDigest(io, digest, pullScopes(repository)),
    blob: (descriptor) => readBlob(io, descriptor),
    referrers: (digest) => listReferrers(io, digest),
    tags: () => listTags(io),
    hasBlob: (digest) => hasBlob(io, digest),
    putBlob: async (descriptor, bytes, from) => {
      if (!(await hasBlob(io, descriptor.digest))) await uploadBlob(io, descriptor, bytes, from)
    },
    putManifest: async (manifest) => {
      const isListedByRegistry = await putManifest(io, manifest.descriptor.digest, manifest)
      const content = readManifest(manifest.bytes, name, manifest.descriptor.mediaType)
      const subject = content.subject?.digest
      if (subject === undefined) return
      // A registry may say that it saw the subject and yet serve no list (ECR does), so its list is asked for.
      if (isListedByRegistry && (await listByApi(io, subject)) !== undefined) return
      await oneByOne(() => addToFallbackIndex(io, subject, referrerDescriptor(manifest, content)))
    },
    putTag: async (tag, digest) => {
      if (!isTag(tag)) throw fail('reference-invalid', 'is not a tag', { where: tag.slice(0, 150) })
      const manifest = await getManifestByDigest(io, digest, pushScopes(repository))
      if (manifest === undefined) throw fail('not-found', `no manifest ${digest} to point the tag ${tag} at`, { where: name })
      await putManifest(io, tag, manifest)
    },
  }
}

async function hasBlob(io: Repository, digest: Digest): Promise<boolean> {
  const answer = await io.session.send({
    method: 'HEAD',
    target: `${io.path}/blobs/${digest}`,
    scopes: pullScopes(io.repository),
    repeatable: true,
  })
  await answer.drop()
  if (answer.status === 404) return false
  if (answer.status !== 200) throw await refusal(answer, 'look for a blob', `${io.name}@${digest}`)
  return true
}

/** Stores a manifest under a tag or its digest. Out: whether the registry says that it will list it with its subject. */
async function putManifest(io: Repository, reference: string, manifest: ManifestBytes): Promise<boolean> {
  const { mediaType, digest } = manifest.descriptor
  const answer = await io.session.send({
    method: 'PUT',
    target: `${io.path}/manifests/${reference}`,
    headers: { 'content-type': mediaType },
    body: manifest.bytes,
    scopes: pushScopes(io.repository),
    repeatable: true,
  })
  if (answer.status !== 201 && answer.status !== 200) throw await refusal(answer, 'store the manifest', `${io.name}@${digest}`)
  await answer.drop()
  return answer.headers.has('oci-subject')
}

const tagsSchema = z.object({ tags: z.array(z.string().max(512)).nullish() })

async function listTags(io: Repository): Promise<readonly string[]> {
  const tags = new Set<string>()
  await eachPage(io, `${io.path}/tags/list?n=1000`, async (answer) => {
    if (answer.status === 404) {
      await answer.drop()
      return 'enough'
    }
    if (answer.status !== 200) throw await refusal(answer, 'list the tags', io.name)
    const parsed = tagsSchema.safeParse(parseJson(await answer.bytes('manifestBytes'), io.name, { code: 'registry-error' }))
    if (!parsed.success) throw fail('registry-error', 'answered with something else than a list of tags', { where: io.name })
    for (const tag of parsed.data.tags ?? []) tags.add(tag)
    if (tags.size > LIMITS.indexEntries) throw overLimit('indexEntries', LIMITS.indexEntries, io.name)
    return 'more'
  })
  return [...tags].sort()
}
