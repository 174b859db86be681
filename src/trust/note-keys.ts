import { createPublicKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { noteKeyHash } from '../ledger/note.ts'
import type { NoteSigner, NoteVerifier } from '../ledger/note.ts'
import type { PublicKey } from './keys.ts'
import type { KeyAlgorithm } from './schemes.ts'
import type { Signer } from './signer.ts'

/**
 * The name a key signs checkpoints under. It follows from the key alone, so that whoever has only the public key can verify a
 * co-signed checkpoint.
 */
export function noteNameOf(keyId: string): string {
  return `tally-key/${keyId.slice(0, 16)}`
}

/**
 * A signer of evidence as a signer of notes (C2SP signed-note): Ed25519 as type 0x01, ECDSA as 0x02, RSA and ML-DSA, which have no type
 * there, as 0xFF with a name of ours.
 */
export function noteSignerOf(signer: Signer): NoteSigner {
  const name = noteNameOf(signer.keyId)
  return { name, keyHash: keyHashOf(name, createPublicKey(signer.publicKeyPem), signer.algorithm), sign: signer.sign }
}

/** A public key as a verifier of notes. It may vouch for any log; with a log it is given as that log's own key, it vouches for none but its origin. */
export function noteVerifierOf(key: PublicKey): NoteVerifier {
  const name = noteNameOf(key.keyId)
  return { name, keyHash: keyHashOf(name, key.key, key.algorithm), verify: key.verify }
}

function keyHashOf(name: string, key: KeyObject, algorithm: KeyAlgorithm): number {
  return noteKeyHash(name, key, `tally/${algorithm}`)
}
