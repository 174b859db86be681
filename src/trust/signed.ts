import { hash as digestOf } from 'node:crypto'
import { equalBytes, fromHex, toHex } from '../kernel/bytes.ts'
import { hexOf } from '../kernel/digest.ts'
import type { Artifact } from '../artifact/artifact.ts'
import { PREDICATE } from '../evidence/evidence.ts'
import type { Envelope, Statement } from '../evidence/evidence.ts'
import { STATEMENT_V1 } from '../evidence/statement.ts'
import { verifyWith } from './keys.ts'
import type { VerifyingKey } from './keys.ts'
import type { Opened, Says } from './open-bundle.ts'
import type { RejectionCode } from './receipt.ts'
import type { HashName } from './schemes.ts'
import { verifyMessage } from './verify-message.ts'
import type { Message } from './verify-message.ts'

/** What a signature is over, once some key fitted: read it, hash it, and who made which signature. */
export type Signed = {
  /** Throws `evidence-malformed`. */
  readonly statement: () => Statement
  readonly envelope?: Envelope
  /** Digest of what was signed; undefined where it is not known by this hash. */
  readonly digest: (hash: HashName) => Uint8Array | undefined
  /** The keys that made a signature, and the signature. */
  readonly by: ReadonlyMap<VerifyingKey, Uint8Array>
}

/** Why evidence has no signer who counts. */
export type Refusal = { readonly why: string; readonly code: RejectionCode }

/** Finds which of some keys made the signatures of evidence. Out: that, or why it cannot be said. `by` may be empty. */
export async function verifySignatures(
  opened: Opened,
  keys: readonly VerifyingKey[],
  artifact: Artifact,
  content: (() => AsyncIterable<Uint8Array>) | undefined,
): Promise<Signed | Refusal> {
  const { says, signatures } = opened
  if (says.kind === 'message') return await verifyMessageSays(says, signatures, keys, messageOf(artifact, says, content))
  const by = new Map<VerifyingKey, Uint8Array>()
  for (const key of keys) {
    for (const signature of signatures) {
      if (by.has(key) || !(await verifyWith(key, says.signed, signature))) continue
      by.set(key, signature)
    }
  }
  const digest = (hash: HashName): Uint8Array => digestOf(hash, says.signed, 'buffer')
  return { statement: says.statement, ...(says.envelope === undefined ? {} : { envelope: says.envelope }), digest, by }
}

type MessageSays = Extract<Says, { kind: 'message' }>

/** A hash algorithm as a bundle names it (sigstore_common.proto, HashAlgorithm, by name or number). */
const BUNDLE_HASHES: Readonly<Record<string, HashName>> = {
  SHA2_256: 'sha256',
  SHA2_384: 'sha384',
  SHA2_512: 'sha512',
  '1': 'sha256',
  '2': 'sha384',
  '3': 'sha512',
}

async function verifyMessageSays(
  says: MessageSays,
  signatures: readonly Uint8Array[],
  keys: readonly VerifyingKey[],
  message: Message,
): Promise<Signed | Refusal> {
  const [signature] = signatures
  if (signature === undefined) return { code: 'evidence-malformed', why: 'has no signature' }
  const { digest: claimed } = says
  const claimedHash = claimed === undefined ? undefined : hashOf(claimed.algorithm)
  if (claimed !== undefined && claimedHash === undefined)
    return { code: 'evidence-malformed', why: 'claims a digest of an algorithm that is not known' }
  const { holders, digests, why } = await verifyMessage(message, signature, keys, claimedHash === undefined ? [] : [claimedHash])
  const found = claimedHash === undefined ? undefined : digests.get(claimedHash)
  if (claimed !== undefined && found !== undefined && !equalBytes(found, claimed.value)) {
    return { code: 'digest-mismatch', why: 'names the digest of other bytes than those of the artifact' }
  }
  if (holders.length === 0 && why !== undefined) return { code: 'untrusted', why }
  const sha256 = digests.get('sha256')
  return {
    statement: () => messageStatement(sha256),
    digest: (hash) => digests.get(hash),
    by: new Map(holders.map((key) => [key, signature])),
  }
}

function hashOf(algorithm: string): HashName | undefined {
  return Object.hasOwn(BUNDLE_HASHES, algorithm) ? BUNDLE_HASHES[algorithm] : undefined
}

/** The signed message an artifact may be: the file, or, where the bundle names its digest, the manifest itself. */
function messageOf(artifact: Artifact, says: MessageSays, content: (() => AsyncIterable<Uint8Array>) | undefined): Message {
  const file = artifact.kind === 'file' ? artifact : artifact.file
  const named = says.digest?.value
  const isManifest = artifact.kind === 'manifest' && named !== undefined && equalBytes(named, fromHex(hexOf(artifact.digest)))
  if (file === undefined || isManifest) return { digest: artifact.digest, size: artifact.size }
  return { digest: file.digest, size: file.size, ...(content === undefined ? {} : { content }) }
}

/** A signature over bytes says what cosign 3's statement says: these are the signed bytes. */
function messageStatement(sha256: Uint8Array | undefined): Statement {
  const digest = sha256 === undefined ? {} : { sha256: toHex(sha256) }
  return { type: STATEMENT_V1, subject: [{ digest }], predicateType: PREDICATE.signature, predicate: {} }
}
