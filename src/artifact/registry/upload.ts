import type { HttpAnswer } from './http.ts'
import { pullScopes, pushScopes, refusal } from './repository.ts'
import type { Repository } from './repository.ts'
import type { Descriptor } from '../artifact.ts'
import { MEDIA } from '../artifact.ts'
import { concatBytes, overLimit } from '../../kernel/bytes.ts'
import { verifyingStream } from '../../kernel/digest.ts'
import { LIMITS } from '../../kernel/limits.ts'

type Blob = Pick<Descriptor, 'digest' | 'size'>
type Bytes = () => AsyncIterable<Uint8Array>

/** What registries that take no chunks answer to the first one. */
const NO_CHUNKS = new Set([400, 404, 405, 411, 413, 415, 416, 501])

/**
 * Uploads a blob (distribution-spec 1.1, "Pushing blobs"): mounted from another repository of the registry where it can
 * be, else at once when it is no larger than uploadChunkBytes, else in chunks of that size, else, where a registry takes
 * no chunks, as one stream. What is sent is verified while it is read; wrong bytes are never completed into a blob.
 */
export async function uploadBlob(io: Repository, blob: Blob, bytes: Bytes, from: string | undefined): Promise<void> {
  const where = `${io.name}@${blob.digest}`
  if (blob.size > LIMITS.blobBytes) throw overLimit('blobBytes', LIMITS.blobBytes, where)
  const verified: Bytes = () => verifyingStream(bytes(), blob, where)
  // One set of scopes for all its calls, so that no body is sent twice for want of a token.
  const scopes = from === undefined ? pushScopes(io.repository) : [...pushScopes(io.repository), ...pullScopes(from)]
  const job: Job = { io, blob, scopes, where }
  const start = await startUpload(job, from)
  if (start === 'mounted') return
  if (blob.size <= LIMITS.uploadChunkBytes) {
    const whole = await collect(verified())
    return await finishUpload(job, start.location, whole)
  }
  const outcome = await uploadChunks(job, start, verified)
  if (outcome === 'done') return
  const again = await startUpload(job, undefined)
  if (again === 'mounted') return
  await finishUpload(job, again.location, { size: blob.size, open: verified })
}

type Job = { readonly io: Repository; readonly blob: Blob; readonly scopes: readonly string[]; readonly where: string }
type Started = { readonly location: URL; readonly chunkBytes: number }

async function startUpload({ io, blob, scopes, where }: Job, from: string | undefined): Promise<Started | 'mounted'> {
  const query = from === undefined ? '' : `?mount=${encodeURIComponent(blob.digest)}&from=${encodeURIComponent(from)}`
  const answer = await io.session.send({
    method: 'POST',
    target: `${io.path}/blobs/uploads/${query}`,
    body: new Uint8Array(0),
    scopes,
    repeatable: true,
  })
  if (answer.status === 201 && from !== undefined) {
    await answer.drop()
    return 'mounted'
  }
  if (answer.status !== 202) throw await refusal(answer, 'start an upload', where)
  const location = locationOf(io, answer)
  await answer.drop()
  const least = Number(answer.headers.get('oci-chunk-min-length') ?? '0')
  return { location, chunkBytes: Number.isSafeInteger(least) ? Math.max(least, LIMITS.uploadChunkBytes) : LIMITS.uploadChunkBytes }
}

async function uploadChunks(job: Job, start: Started, verified: Bytes): Promise<'done' | 'no chunks'> {
  if (start.chunkBytes > 4 * LIMITS.uploadChunkBytes) return 'no chunks' // More than ought to be held in memory.
  const { io, scopes, where } = job
  let location = start.location
  let at = 0
  for await (const chunk of chunksOf(verified(), start.chunkBytes)) {
    const answer = await io.session.send({
      method: 'PATCH',
      target: location,
      headers: { 'content-type': MEDIA.octets, 'content-range': `${at}-${at + chunk.byteLength - 1}` },
      body: chunk,
      expectedBytes: chunk.byteLength,
      scopes,
      repeatable: false,
    })
    if (at === 0 && NO_CHUNKS.has(answer.status)) {
      await answer.drop()
      return 'no chunks'
    }
    if (answer.status !== 202) throw await refusal(answer, 'upload a chunk', where)
    location = locationOf(io, answer)
    await answer.drop()
    at += chunk.byteLength
  }
  await finishUpload(job, location, new Uint8Array(0))
  return 'done'
}

async function finishUpload(
  { io, blob, scopes, where }: Job,
  location: URL,
  body: Uint8Array | { readonly size: number; readonly open: Bytes },
): Promise<void> {
  // Appended as text: a registry's own query may be signed, and is sent back as it came.
  const target = new URL(location)
  target.search = `${target.search === '' ? '?' : `${target.search}&`}digest=${encodeURIComponent(blob.digest)}`
  const answer = await io.session.send({
    method: 'PUT',
    target,
    headers: { 'content-type': MEDIA.octets },
    body,
    expectedBytes: blob.size,
    scopes,
    repeatable: body instanceof Uint8Array && body.byteLength === blob.size,
  })
  if (answer.status !== 201 && answer.status !== 204) throw await refusal(answer, 'store the blob', where)
  await answer.drop()
}

function locationOf(io: Repository, answer: HttpAnswer): URL {
  return io.session.resolveLink(answer.url, answer.headers.get('location')).url
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const part of stream) parts.push(part)
  return concatBytes(parts)
}

/** Cuts a stream into pieces of exactly `size` bytes and one last, smaller one. */
async function* chunksOf(stream: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = []
  let held = 0
  for await (let part of stream) {
    while (held + part.byteLength >= size) {
      yield concatBytes([...parts, part.subarray(0, size - held)])
      part = part.subarray(size - held)
      parts = []
      held = 0
    }
    parts.push(part)
    held += part.byteLength
  }
  if (held > 0) yield concatBytes(parts)
}
