import { createHash } from 'node:crypto'
import { concatBytes, fromHex } from '../kernel/bytes.ts'
import { hexOf } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import { LIMITS } from '../kernel/limits.ts'
import type { VerifyingKey } from './keys.ts'
import { startVerify, verifyBytes, verifyDigest } from './schemes.ts'
import type { HashName, Running, Scheme } from './schemes.ts'

/** A message: its digest, which is known already, and its bytes where they are at hand, of which a piece is good until the next is asked for. */
export type Message = { readonly digest: Digest; readonly size: number; readonly content?: () => AsyncIterable<Uint8Array> }

export type MessageCheck<K extends VerifyingKey> = {
  /** Whose signature it is, in the order of `keys`. */
  readonly holders: readonly K[]
  /** Digests of the message; all of the same bytes. */
  readonly digests: ReadonlyMap<HashName, Uint8Array>
  /** Set when some key could not be tried for want of the bytes. */
  readonly why?: string
}

type Way<K> = { readonly key: K; readonly scheme: Scheme }

/**
 * Verifies a signature over a message, by its digest alone where that says enough and the bytes are many or absent, else in one pass
 * over them. In: message, signature, the keys that may have made it, hashes that are wanted beside. Keys that sign the message itself
 * (Ed25519, ML-DSA) need it whole, so they are tried up to LIMITS.fileReadBytes.
 * The digests are those of the bytes that were read: whoever uses the result compares them with what was promised.
 */
export async function verifyMessage<K extends VerifyingKey>(
  message: Message,
  signature: Uint8Array,
  keys: readonly K[],
  wanted: readonly HashName[] = [],
): Promise<MessageCheck<K>> {
  const ways = keys.flatMap((key) => key.schemes.map((scheme): Way<K> => ({ key, scheme })))
  const byDigest = ways.filter(({ scheme }) => scheme.kind !== 'pure' && scheme.hash === 'sha256')
  const isEnough = byDigest.length === ways.length && wanted.every((hash) => hash === 'sha256')
  const { content } = message
  if (content === undefined || (isEnough && message.size > LIMITS.rehashedBytes)) {
    const checked = await checkByDigest(message.digest, signature, byDigest)
    return isEnough
      ? checked
      : { ...checked, why: 'is a signature over the bytes of a file, which are not at hand here; give the file itself' }
  }
  return await checkByContent(content(), signature, ways, wanted)
}

async function checkByDigest<K extends VerifyingKey>(
  digest: Digest,
  signature: Uint8Array,
  ways: readonly Way<K>[],
): Promise<MessageCheck<K>> {
  const bytes = fromHex(hexOf(digest))
  const holders: K[] = []
  for (const { key, scheme } of ways) {
    if (scheme.kind !== 'pure' && (await verifyDigest(scheme, key.key, bytes, signature))) holders.push(key)
  }
  return { holders, digests: new Map([['sha256', bytes]]) }
}

async function checkByContent<K extends VerifyingKey>(
  content: AsyncIterable<Uint8Array>,
  signature: Uint8Array,
  ways: readonly Way<K>[],
  wanted: readonly HashName[],
): Promise<MessageCheck<K>> {
  const names = new Set<HashName>(['sha256', ...wanted, ...ways.flatMap(({ scheme }) => (scheme.kind === 'pure' ? [] : scheme.hash))])
  const hashes = [...names].map((name) => ({ name, hash: createHash(name) }))
  const running: { readonly key: K; readonly check: Running }[] = []
  for (const { key, scheme } of ways) if (scheme.kind !== 'pure') running.push({ key, check: startVerify(scheme, key.key) })
  const whole = ways.filter(({ scheme }) => scheme.kind === 'pure')
  const kept: Uint8Array[] = []
  let size = 0
  for await (const part of content) {
    size += part.byteLength
    for (const { hash } of hashes) hash.update(part)
    for (const { check } of running) check.update(part)
    if (whole.length === 0) continue
    if (size > LIMITS.fileReadBytes) kept.length = 0
    else kept.push(new Uint8Array(part))
  }
  const found = new Set<K>()
  for (const { key, check } of running) if (await check.matches(signature)) found.add(key)
  if (size <= LIMITS.fileReadBytes) {
    const bytes = concatBytes(kept)
    for (const { key } of whole) if (verifyBytes({ kind: 'pure' }, key.key, bytes, signature)) found.add(key)
  }
  return {
    holders: ways.map(({ key }) => key).filter((key, at, all) => found.has(key) && all.indexOf(key) === at),
    digests: new Map(hashes.map(({ name, hash }) => [name, new Uint8Array(hash.digest())])),
  }
}
