import type { Artifact } from '../../artifact/artifact.ts'
import type { Statement, UnverifiedEvidence } from '../../evidence/evidence.ts'
import { PREDICATE } from '../../evidence/evidence.ts'
import type { Proof } from '../../gate/prove.ts'
import type { Digest } from '../../kernel/digest.ts'
import { TallyError } from '../../kernel/errors.ts'
import { matchSubject } from '../../trust/match-subject.ts'
import { openEvidence } from '../../trust/open-evidence.ts'
import type { Receipt } from '../../trust/receipt.ts'
import { readClaimed } from '../../trust/sigstore/verify-certificate.ts'

/** Who is said to have signed: by the trust policy's name where it was verified, else as the evidence itself claims. */
export type Signer =
  | { readonly kind: 'trusted'; readonly receipt: Receipt }
  | { readonly kind: 'identity'; readonly subject: string; readonly issuer: string }
  | { readonly kind: 'key'; readonly keyId?: string }

/** One piece of evidence as a person looks at it: verified, or a claim and nothing more. */
export type Piece = {
  readonly envelope: Digest
  readonly where: string
  readonly signer: Signer
  /** Undefined when it cannot be read; then `problem` says why. */
  readonly statement: Statement | undefined
  /** Whether it speaks of this artifact, as far as its digests say. */
  readonly isAbout: boolean
  /** Why it did not verify, where somebody is trusted. */
  readonly problem?: string
}

/** Everything found about an artifact, what was verified first. Nothing of a claim is believed; malformed ones are shown as such. */
export function readPieces(found: readonly UnverifiedEvidence[], proof: Proof, artifact: Artifact): readonly Piece[] {
  const known = new Map<Digest, Piece>()
  for (const evidence of found) {
    if (known.has(evidence.digest)) continue
    const receipt = proof.receipts.find((one) => one.envelope === evidence.digest)
    known.set(evidence.digest, receipt === undefined ? claimOf(evidence, proof, artifact) : verifiedPiece(receipt))
  }
  return [...known.values()].toSorted((a, b) => Number(b.signer.kind === 'trusted') - Number(a.signer.kind === 'trusted'))
}

function verifiedPiece(receipt: Receipt): Piece {
  const { envelope, where, statement } = receipt
  return { envelope, where, statement, signer: { kind: 'trusted', receipt }, isAbout: true }
}

function claimOf(evidence: UnverifiedEvidence, proof: Proof, artifact: Artifact): Piece {
  const rejection = proof.rejections.find((one) => one.envelope === evidence.digest)
  const base = { envelope: evidence.digest, where: evidence.where, ...(rejection === undefined ? {} : { problem: rejection.why }) }
  try {
    const opened = openEvidence(evidence)
    const statement = opened.says.kind === 'statement' ? opened.says.statement() : SIGNED_BYTES
    const isAbout = opened.says.kind === 'message' || !('why' in matchSubject(statement, artifact))
    return { ...base, statement, isAbout, signer: claimedSigner(opened) }
  } catch (error) {
    if (!(error instanceof TallyError) || error.code === 'bug') throw error
    return { ...base, statement: undefined, isAbout: false, signer: { kind: 'key' }, problem: error.message }
  }
}

/** What a signature over the bytes themselves says. */
const SIGNED_BYTES: Statement = { type: 'https://in-toto.io/Statement/v1', subject: [], predicateType: PREDICATE.signature, predicate: {} }

function claimedSigner({ certificates, claimedKey }: ReturnType<typeof openEvidence>): Signer {
  const [leaf, ...rest] = certificates
  if (leaf === undefined) return { kind: 'key', ...(claimedKey === undefined ? {} : { keyId: claimedKey }) }
  const { identities, facts } = readClaimed([leaf, ...rest])
  return { kind: 'identity', subject: identities.join(', '), issuer: facts.issuer ?? '' }
}
