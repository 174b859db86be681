import type { Json } from '../kernel/json.ts'
import type { HashName, KeyAlgorithm } from './schemes.ts'

/** Something that signs: a key at hand or in a key service. ECDSA signatures come in DER, those of RSA are of PKCS#1 v1.5. */
export type Signer = {
  /** sha256 of the SubjectPublicKeyInfo (DER), hexadecimal. */
  readonly keyId: string
  readonly algorithm: KeyAlgorithm
  /** SubjectPublicKeyInfo, PEM. */
  readonly publicKeyPem: string
  /** What its signatures are over: a hash of the message, or (undefined: Ed25519, ML-DSA) the message itself. */
  readonly hash: HashName | undefined
  readonly sign: (bytes: Uint8Array) => Promise<Uint8Array>
  /** The same for bytes that need not fit into memory. Ed25519 and ML-DSA hold them whole, up to LIMITS.fileReadBytes. */
  readonly signStream: (content: AsyncIterable<Uint8Array>) => Promise<Uint8Array>
  /** Where there is more than the key: what says whose it is, and when it signed. */
  readonly voucher?: Voucher
}

/** What a log and timestamp authorities are asked to confirm: a signature, what it is over, and whose it is. */
export type Signed = {
  readonly signature: Uint8Array
  /** The digest that was signed, by the signer's hash; of the message itself where it signs that (Ed25519, ML-DSA), by SHA-256. */
  readonly digest: Uint8Array
  readonly algorithm: KeyAlgorithm
  readonly hash: Signer['hash']
  readonly verifier:
    | { readonly kind: 'certificate'; readonly der: Uint8Array }
    | { readonly kind: 'key'; /** SubjectPublicKeyInfo. */ readonly der: Uint8Array }
}

export type Witnessed = {
  /** TransparencyLogEntry in proto JSON, as the log gave it and it was checked. */
  readonly logEntries: readonly Json[]
  /** DER of RFC 3161 responses. */
  readonly timestamps: readonly Uint8Array[]
}

/** What vouches for a signer beside its key: a certificate that says who it is, witnesses that say when it signed. */
export type Voucher = {
  /** A certificate of the signer's key, DER, that is valid now. */
  readonly certificate?: () => Promise<Uint8Array>
  readonly witness?: (signed: Signed) => Promise<Witnessed>
}
