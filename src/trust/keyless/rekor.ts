import { createPublicKey } from 'node:crypto'
import { z } from 'zod'
import { toBase64 } from '../../kernel/bytes.ts'
import { fail } from '../../kernel/errors.ts'
import type { Json } from '../../kernel/json.ts'
import { callService } from '../signers/service-call.ts'
import type { ServiceDeps } from '../signers/service-call.ts'
import type { Signed } from '../signer.ts'
import type { Service } from './signing-config.ts'

/** Proto JSON writes 64-bit integers as text and leaves zero out. */
const int64 = z
  .union([z.string().regex(/^\d{1,16}$/), z.number().int().min(0)])
  .transform(String)
  .default('0')
const base64 = z
  .string()
  .min(1)
  .max(64 * 1024)

const entrySchema = z.object({
  logIndex: int64,
  logId: z.object({ keyId: base64 }),
  kindVersion: z.object({ kind: z.literal('hashedrekord'), version: z.literal('0.0.2') }),
  inclusionProof: z.object({
    logIndex: int64,
    rootHash: base64,
    treeSize: int64,
    hashes: z.array(base64).max(64).default([]),
    checkpoint: z.object({
      envelope: z
        .string()
        .min(1)
        .max(64 * 1024),
    }),
  }),
  canonicalizedBody: base64,
})

/**
 * The keys a log of version 2 takes a digest with, as it names them (sigstore_common.proto, PublicKeyDetails); RSA by its bits. It takes
 * Ed25519 only prehashed, and ML-DSA not yet.
 */
const KEY_DETAILS: Readonly<Record<string, string>> = {
  'ecdsa-p256 sha256': 'PKIX_ECDSA_P256_SHA_256',
  'ecdsa-p384 sha384': 'PKIX_ECDSA_P384_SHA_384',
  'ecdsa-p521 sha512': 'PKIX_ECDSA_P521_SHA_512',
  'rsa 2048 sha256': 'PKIX_RSA_PKCS1V15_2048_SHA256',
  'rsa 3072 sha256': 'PKIX_RSA_PKCS1V15_3072_SHA256',
  'rsa 4096 sha256': 'PKIX_RSA_PKCS1V15_4096_SHA256',
}

/**
 * Has a signature written into a log (Rekor v2, `hashedrekord` 0.0.2, which also holds what is signed as an envelope: the digest is that
 * of its pre-authentication encoding). The log answers once the entry is in a checkpoint, which may take seconds. Out: the entry as
 * bundles carry it, whose proof and content the caller checks. Throws `key-invalid` for a key the log does not take, and what
 * `callService` throws.
 */
export async function logSignature(deps: ServiceDeps, log: Service, signed: Signed): Promise<Json> {
  const kind = kindOf(signed)
  const keyDetails = KEY_DETAILS[`${kind} ${signed.hash ?? 'itself'}`]
  if (keyDetails === undefined) {
    throw fail('key-invalid', `signs in a way the log does not take (${kind} over ${signed.hash ?? 'the message itself'})`, {
      where: log.url.host,
      hint: 'use an ECDSA key on P-256 or an RSA key of 2048, 3072 or 4096 bits, or a signing configuration without a log',
    })
  }
  const url = new URL(log.url)
  url.pathname = `${url.pathname.replace(/\/$/, '')}/api/v2/log/entries`
  const { verifier } = signed
  const rawBytes = toBase64(verifier.der)
  const body = {
    hashedRekordRequestV002: {
      digest: toBase64(signed.digest),
      signature: {
        content: toBase64(signed.signature),
        verifier: { ...(verifier.kind === 'certificate' ? { x509Certificate: { rawBytes } } : { publicKey: { rawBytes } }), keyDetails },
      },
    },
  }
  return await callService(deps, { url, body, service: 'the transparency log', repeatable: true }, entrySchema)
}

/** The kind of a key with its bits where they are a part of it. A certificate's key is P-256: only keys of our own making have one. */
function kindOf({ algorithm, verifier }: Signed): string {
  if (algorithm !== 'rsa' || verifier.kind !== 'key') return algorithm
  const key = createPublicKey({ key: Buffer.from(verifier.der), format: 'der', type: 'spki' })
  return `rsa ${key.asymmetricKeyDetails?.modulusLength}`
}
