import type { Digest } from '../kernel/digest.ts'
import type { LogEntry, LogProof } from '../evidence/log-proof.ts'
import type { Statement } from '../evidence/evidence.ts'
import type { CertificateFacts } from './sigstore/fulcio.ts'

declare const receiptBrand: unique symbol

/** What an authority may be trusted to say. */
export const MAY = ['sign', 'sbom', 'provenance', 'check', 'verdict', 'release', 'log', 'any'] as const
export type May = (typeof MAY)[number]

/** Who said it, as the trust policy names them. `local` proves only this machine, and every rendering says so. */
export type SignerIdentity = {
  /** Name of the authority in the trust policy. */
  readonly authority: string
  readonly kind: 'key' | 'local' | 'identity'
  /** sha256 of the SubjectPublicKeyInfo, hexadecimal; of the leaf certificate's key for identities. */
  readonly keyId: string
  /** The exact certificate identity and issuer, for kind `identity`. */
  readonly identity?: {
    readonly subject: string
    readonly issuer: string
    /** What the certificate authority wrote about the run (Fulcio's extensions), by name; verified with the certificate. */
    readonly facts?: CertificateFacts
  }
}

/** An entry in a public transparency log, verified, and about exactly this signature, key and content. */
export type Transparency = {
  /** Host of the log, and its id, hexadecimal. */
  readonly log: string
  readonly logId: string
  readonly index: number
  /** RFC 3339, when the log's own signature says so. */
  readonly integratedTime?: string
  /** Size of the tree it was proven to be in; without it there is only the log's promise. */
  readonly treeSize?: number
}

/** A time and how it is proven. `asserted` is the signer's word only; `at` is then empty when the evidence names no time. */
export type ProvenTime = { readonly at: string; readonly proof: 'rfc3161' | 'log' | 'asserted' }

/** Evidence that trust has verified. Made only by src/trust/verify.ts; the brand keeps anything else out of policy. */
export type Receipt = {
  readonly [receiptBrand]: true
  readonly statement: Statement
  /** sha256 of the stored bytes: the bundle, or a cosign 2 layer. */
  readonly envelope: Digest
  readonly where: string
  readonly signer: SignerIdentity
  readonly time: ProvenTime
  /** Set only when the inclusion proof and its checkpoint were verified for exactly this envelope. */
  readonly log?: {
    readonly entry: LogEntry
    readonly proof: LogProof
    readonly size: number
    readonly root: string
    readonly checkpointBy: string
  }
  /** Entries in public logs (Rekor), where there are any. */
  readonly transparency?: readonly Transparency[]
  /** Why there is no `log`, when a proof came with the evidence and did not hold. */
  readonly logProblem?: string
  /** Which subject matched the artifact: through the manifest, the file itself, or the config of the image in a docker archive. */
  readonly matched: 'manifest' | 'file' | 'config'
}

/** Evidence that did not become a receipt, and why; shown to people, never to policy. */
export type Rejection = {
  readonly envelope: Digest
  readonly where: string
  readonly predicateType: string
  readonly why: string
  /**
   * Which half does not meet: `untrusted` (signed by nobody who is trusted for this), `signature-invalid` (names a trusted key that
   * did not sign these bytes), `digest-mismatch` (is about other bytes than the artifact's), else what is wrong with the evidence.
   */
  readonly code: RejectionCode
}
export type RejectionCode =
  | 'untrusted'
  | 'signature-invalid'
  | 'digest-mismatch'
  | 'evidence-malformed'
  | 'limit-exceeded'
  | 'version-unsupported'
