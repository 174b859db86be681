import { readErrorText } from './http.ts'
import type { HttpAnswer } from './http.ts'
import type { RegistryDeps, Session } from './session.ts'
import type { Descriptor } from '../artifact.ts'
import type { ManifestBytes } from '../image-source.ts'
import { isManifestType, MANIFEST_TYPES, manifestBytesOf } from '../manifest.ts'
import { digestOf, isDigest, verifyingStream } from '../../kernel/digest.ts'
import type { Digest } from '../../kernel/digest.ts'
import { overLimit } from '../../kernel/bytes.ts'
import { fail } from '../../kernel/errors.ts'
import { LIMITS } from '../../kernel/limits.ts'

/** One repository of a registry, and what calls to it need. */
export type Repository = {
  readonly deps: RegistryDeps
  readonly session: Session
  readonly repository: string
  /** `host/repository`, for people. */
  readonly name: string
  /** Path of its API, `/v2/<repository>`. */
  readonly path: string
}

export function pullScopes(repository: string): readonly string[] {
  return [`repository:${repository}:pull`]
}

export function pushScopes(repository: string): readonly string[] {
  return [`repository:${repository}:pull,push`]
}

/** The error for an answer nobody asked for. */
export async function refusal(answer: HttpAnswer, what: string, where: string): Promise<Error> {
  const code = answer.status === 404 ? 'not-found' : 'registry-error'
  return fail(code, `could not ${what}: ${await readErrorText(answer)}`, { where })
}

/**
 * Fetches a manifest by tag or digest; undefined when it is not there. Its digest is that of the bytes, whatever the
 * headers say, and the one asked for if one was; its media type must be the one of the Content-Type, of the body and of its structure.
 */
export async function getManifest(
  io: Repository,
  reference: string,
  scopes: readonly string[],
): Promise<(ManifestBytes & { readonly etag: string | undefined }) | undefined> {
  const where = `${io.name}${reference.includes(':') ? '@' : ':'}${reference}`
  const headers = { accept: MANIFEST_TYPES.join(', ') }
  const answer = await io.session.send({ method: 'GET', target: `${io.path}/manifests/${reference}`, headers, scopes, repeatable: true })
  if (answer.status === 404) {
    await answer.drop()
    return undefined
  }
  if (answer.status !== 200) throw await refusal(answer, 'fetch the manifest', where)
  const type = (answer.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  if (!isManifestType(type)) {
    await answer.drop()
    throw fail('registry-error', `answered with ${type === '' ? 'no media type' : type} where a manifest was asked for`, { where })
  }
  const bytes = await answer.bytes('manifestBytes')
  // Before it is read: bytes that are not what was asked for say nothing worth reading.
  const real = digestOf(bytes)
  if (isDigest(reference) && real !== reference) throw fail('digest-mismatch', `is ${real} where ${reference} was promised`, { where })
  return { ...manifestBytesOf(bytes, where, type), etag: answer.headers.get('etag') ?? undefined }
}

/** As `getManifest`, by digest. */
export async function getManifestByDigest(io: Repository, digest: Digest, scopes: readonly string[]): Promise<ManifestBytes | undefined> {
  const found = await getManifest(io, digest, scopes)
  if (found === undefined) return undefined
  return { descriptor: found.descriptor, bytes: found.bytes }
}

/** Streams a blob; what does not have the promised size and digest is thrown at, before the first byte where the registry says so itself. */
export async function* readBlob(io: Repository, descriptor: Pick<Descriptor, 'digest' | 'size'>): AsyncGenerator<Uint8Array> {
  const { digest, size } = descriptor
  const where = `${io.name}@${digest}`
  if (size > LIMITS.blobBytes) throw overLimit('blobBytes', LIMITS.blobBytes, where)
  const answer = await io.session.send({
    method: 'GET',
    target: `${io.path}/blobs/${digest}`,
    scopes: pullScopes(io.repository),
    expectedBytes: size,
    repeatable: true,
  })
  if (answer.status !== 200) throw await refusal(answer, 'fetch the blob', where)
  const promised = answer.headers.get('content-length')
  if (promised !== null && Number(promised) !== size) {
    await answer.drop()
    throw fail('digest-mismatch', `has ${promised} bytes where ${size} were promised`, { where })
  }
  yield* verifyingStream(answer.stream(), descriptor, where)
}

/** Walks pages that a Link header chains (RFC 8288, `rel="next"`), at most httpPages; each page's body is handed to `read`. */
export async function eachPage(io: Repository, first: string, read: (answer: HttpAnswer) => Promise<'more' | 'enough'>): Promise<void> {
  let target: string | URL = first
  for (let page = 0; page < LIMITS.httpPages; page += 1) {
    const answer: HttpAnswer = await io.session.send({ method: 'GET', target, scopes: pullScopes(io.repository), repeatable: true })
    const next = nextLink(answer.headers.get('link'))
    if ((await read(answer)) === 'enough' || next === undefined) return
    const hop = io.session.resolveLink(answer.url, next)
    if (!hop.sameOrigin) throw fail('registry-error', 'has its next page on another host', { where: io.name })
    target = hop.url
  }
  throw overLimit('httpPages', LIMITS.httpPages, io.name)
}

function nextLink(header: string | null): string | undefined {
  for (const [, target, params] of (header ?? '').slice(0, 8192).matchAll(/<([^<>]*)>([^<]*)/g)) {
    if (/;\s*rel="?next"?\s*(?:[;,]|$)/i.test(params ?? '')) return target
  }
  return undefined
}
