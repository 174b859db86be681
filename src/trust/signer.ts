/** The kinds of key that sign and verify. P-384 signs with SHA-256 too: cosign refuses SHA-384 signatures by key. */
export const KEY_ALGORITHMS = ['ecdsa-p256', 'ecdsa-p384', 'ed25519'] as const
export type KeyAlgorithm = (typeof KEY_ALGORITHMS)[number]

/** Something that signs: a key at hand, later a key service. ECDSA signatures come in DER. */
export type Signer = {
  /** sha256 of the SubjectPublicKeyInfo (DER), hexadecimal. */
  readonly keyId: string
  readonly algorithm: KeyAlgorithm
  /** SubjectPublicKeyInfo, PEM. */
  readonly publicKeyPem: string
  readonly sign: (bytes: Uint8Array) => Promise<Uint8Array>
}
