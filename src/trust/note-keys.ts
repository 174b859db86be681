import { createPublicKey } from 'node:crypto'
import { noteKeyHash } from '../ledger/note.ts'
import type { NoteSigner, NoteVerifier } from '../ledger/note.ts'
import type { PublicKey } from './keys.ts'
import { KEY_ALGORITHMS } from './signer.ts'
import type { Signer } from './signer.ts'

/**
 * The name a key signs checkpoints under. It follows from the key alone, so that whoever has only the public key can verify a
 * co-signed checkpoint.
 */
export function noteNameOf(keyId: string): string {
  return `tally-key/${keyId.slice(0, 16)}`
}

/** A signer of evidence as a signer of notes (C2SP signed-note): Ed25519 as type 0x01, ECDSA over SHA-256 as 0x02. */
export function noteSignerOf(signer: Signer): NoteSigner {
  const name = noteNameOf(signer.keyId)
  return { name, keyHash: noteKeyHash(name, createPublicKey(signer.publicKeyPem)), sign: signer.sign }
}

/** Whether a key is of a kind that signs notes: those we sign with. */
export function canSignNotes(key: Pick<PublicKey, 'algorithm'>): boolean {
  return (KEY_ALGORITHMS as readonly string[]).includes(key.algorithm)
}

/** A public key as a verifier of notes. It may vouch for any log; with a log it is given as that log's own key, it vouches for none but its origin. */
export function noteVerifierOf(key: PublicKey): NoteVerifier {
  const name = noteNameOf(key.keyId)
  return { name, keyHash: noteKeyHash(name, key.key), verify: key.verify }
}
