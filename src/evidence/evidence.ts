import type { Digest, DigestSet } from '../kernel/digest.ts'

/** in-toto Statement v1 (v0.1 is read into the same shape; `type` keeps what was written). */
export type Statement = {
  readonly type: 'https://in-toto.io/Statement/v1' | 'https://in-toto.io/Statement/v0.1'
  readonly subject: readonly Subject[]
  readonly predicateType: string
  readonly predicate: unknown
}

export type Subject = { readonly name?: string; readonly digest: DigestSet; readonly annotations?: Readonly<Record<string, unknown>> }

/** DSSE envelope 1.0, decoded. `payload` are the very bytes that were signed. */
export type Envelope = {
  readonly payloadType: string
  readonly payload: Uint8Array
  readonly signatures: readonly { readonly keyid: string; readonly sig: Uint8Array }[]
}

/**
 * Evidence that nobody has verified. It has its own type; no function of policy takes it. Only trust makes Receipts of it.
 */
export type UnverifiedEvidence = {
  readonly kind: 'unverified'
  /** The stored bytes: a Sigstore bundle (JSON), or a cosign 2 layer with its annotations. */
  readonly bytes: Uint8Array
  readonly form: 'bundle' | 'cosign-signature' | 'cosign-attestation'
  /** sha256 of `bytes`. */
  readonly digest: Digest
  /** Where it was found, as a person would name it. */
  readonly where: string
  /** Annotations of the manifest or layer that carried it: certificate, our log proof (ANNOTATION.logProof) and so on. Claims, all of them. */
  readonly annotations: Readonly<Record<string, string>>
}

export const ANNOTATION = {
  /** canonical JSON of `LogProof` (src/evidence/log-proof.ts), on the referrer manifest and in `<file>.sigstore.jsonl` sidecars. */
  logProof: 'dev.tallystick.log.proof',
  bundleContent: 'dev.sigstore.bundle.content',
  bundlePredicateType: 'dev.sigstore.bundle.predicateType',
  created: 'org.opencontainers.image.created',
  title: 'org.opencontainers.image.title',
} as const

export const PREDICATE = {
  signature: 'https://sigstore.dev/cosign/sign/v1',
  provenance: 'https://slsa.dev/provenance/v1',
  provenanceV02: 'https://slsa.dev/provenance/v0.2',
  provenanceV01: 'https://slsa.dev/provenance/v0.1',
  cyclonedx: 'https://cyclonedx.org/bom',
  spdx: 'https://spdx.dev/Document',
  vsa: 'https://slsa.dev/verification_summary/v1',
  testResult: 'https://in-toto.io/attestation/test-result/v0.1',
  release: 'https://in-toto.io/attestation/release/v0.1',
  npmPublish: 'https://github.com/npm/attestation/tree/main/specs/publish/v0.1',
} as const
export type PredicateName = keyof typeof PREDICATE
