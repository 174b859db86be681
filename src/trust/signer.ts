import type { Json } from '../kernel/json.ts'

/** The kinds of key that sign and verify. P-384 signs with SHA-256 too: cosign refuses SHA-384 signatures by key. */
export const KEY_ALGORITHMS = ['ecdsa-p256', 'ecdsa-p384', 'ed25519'] as const
export type KeyAlgorithm = (typeof KEY_ALGORITHMS)[number]

/** Something that signs: a key at hand or in a key service. ECDSA signatures come in DER. */
export type Signer = {
  /** sha256 of the SubjectPublicKeyInfo (DER), hexadecimal. */
  readonly keyId: string
  readonly algorithm: KeyAlgorithm
  /** SubjectPublicKeyInfo, PEM. */
  readonly publicKeyPem: string
  /** What its signatures are over: a hash of the message, or (undefined, Ed25519) the message itself. */
  readonly hash: 'sha256' | 'sha384' | undefined
  readonly sign: (bytes: Uint8Array) => Promise<Uint8Array>
  /** The same for bytes that need not fit into memory. Ed25519 holds them whole, up to LIMITS.fileReadBytes. */
  readonly signStream: (content: AsyncIterable<Uint8Array>) => Promise<Uint8Array>
  /** Where there is more than the key: what says whose it is, and when it signed. */
  readonly voucher?: Voucher
}

/** What a log and timestamp authorities are asked to confirm: a signature, what it is over, and whose it is. */
export type Signed = {
  readonly signature: Uint8Array
  /** The digest that was signed, by the signer's hash; of the message itself where it signs that (Ed25519), by SHA-256. */
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
