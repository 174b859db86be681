import { createHash } from 'node:crypto'
import { concatBytes, fromHex, toBase64 } from '../kernel/bytes.ts'
import { digestOf, finishDigest } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import { fail } from '../kernel/errors.ts'
import { makeBundle } from '../evidence/bundle.ts'
import type { MessageSignature } from '../evidence/bundle.ts'
import { IN_TOTO, preAuthEncoding } from '../evidence/dsse.ts'
import type { Envelope } from '../evidence/evidence.ts'
import { checkPredicate } from '../evidence/predicates/index-table.ts'
import { parseStatement } from '../evidence/statement.ts'
import { loadPublicKey } from './keys.ts'
import { schemeOf, startVerify, verifyBytes } from './schemes.ts'
import type { Signer } from './signer.ts'
import { vouchFor } from './voucher.ts'

/** A hash as a bundle names it (sigstore_common.proto, HashAlgorithm). */
const BUNDLE_HASH = { sha256: 'SHA2_256', sha384: 'SHA2_384', sha512: 'SHA2_512' } as const

export type SignedBundle = { readonly bundle: Uint8Array; readonly digest: Digest }

/**
 * Signs a statement. In: signer and the statement's bytes (`statementBytes`). Out: the bundle (Sigstore 0.3, DSSE) and its digest. The
 * signature is verified before it is handed out, so a faulty key or key service is noticed here (`signature-invalid`). Throws
 * `evidence-malformed` for a statement or predicate that nobody could verify later.
 */
export async function signStatement(signer: Signer, statement: Uint8Array): Promise<SignedBundle> {
  const { predicateType, predicate } = parseStatement(statement, 'the statement to sign')
  const check = checkPredicate(predicateType, predicate)
  if (!check.ok)
    throw fail('evidence-malformed', `has a predicate that is not one of ${predicateType}: ${check.why}`, {
      where: 'the statement to sign',
    })
  const signed = preAuthEncoding(IN_TOTO, statement)
  const sig = await signer.sign(signed)
  // Exactly in the way it is said to: a verifier by key may know no other.
  if (!verifyBytes(schemeOf(signer.algorithm, signer.hash), loadPublicKey(signer.publicKeyPem).key, signed, sig)) throw faulty(signer)
  const envelope = { payloadType: IN_TOTO, payload: statement, signatures: [{ keyid: '', sig }] }
  return await bundled(signer, envelope, { signature: sig, digest: digestBytes(signer, signed) })
}

/**
 * Signs the bytes of a file themselves, as `cosign sign-blob` does, in one pass over them. Out: the bundle (Sigstore 0.3,
 * messageSignature), its digest, the signature, and the sha256 of what was read. Throws `signature-invalid` as `signStatement` does.
 */
export async function signMessage(
  signer: Signer,
  content: AsyncIterable<Uint8Array>,
): Promise<SignedBundle & { readonly signature: Uint8Array; readonly content: Digest }> {
  const { key } = loadPublicKey(signer.publicKeyPem)
  const scheme = schemeOf(signer.algorithm, signer.hash)
  const sha256 = createHash('sha256')
  const other = signer.hash === undefined || signer.hash === 'sha256' ? undefined : { name: signer.hash, hash: createHash(signer.hash) }
  const running = scheme.kind === 'pure' ? undefined : startVerify(scheme, key)
  const kept: Uint8Array[] = []
  async function* watched(): AsyncGenerator<Uint8Array> {
    for await (const part of content) {
      sha256.update(part)
      other?.hash.update(part)
      if (running === undefined) kept.push(part)
      else running.update(part)
      yield part
    }
  }
  const signature = await signer.signStream(watched())
  const isGood = running === undefined ? verifyBytes({ kind: 'pure' }, key, concatBytes(kept), signature) : await running.matches(signature)
  if (!isGood) throw faulty(signer)
  const read = finishDigest(sha256)
  const digest = other === undefined ? fromHex(read.slice('sha256:'.length)) : new Uint8Array(other.hash.digest())
  const message: MessageSignature = { digest: { algorithm: BUNDLE_HASH[other?.name ?? 'sha256'], value: digest }, signature }
  return { ...(await bundled(signer, message, { signature, digest })), signature, content: read }
}

async function bundled(
  signer: Signer,
  content: Envelope | MessageSignature,
  signed: { readonly signature: Uint8Array; readonly digest: Uint8Array },
): Promise<SignedBundle> {
  const { certificate, ...witnessed } = await vouchFor(signer, signed)
  const who = certificate === undefined ? { publicKeyHint: toBase64(fromHex(signer.keyId)) } : { certificate }
  const bundle = makeBundle(content, { ...who, ...witnessed })
  return { bundle, digest: digestOf(bundle) }
}

function digestBytes(signer: Signer, signed: Uint8Array): Uint8Array {
  return new Uint8Array(
    createHash(signer.hash ?? 'sha256')
      .update(signed)
      .digest(),
  )
}

function faulty(signer: Signer): Error {
  return fail('signature-invalid', 'gave a signature that its own public key does not accept', {
    where: `key ${signer.keyId.slice(0, 16)}`,
  })
}
