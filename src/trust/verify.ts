import { digestOf } from '../kernel/digest.ts'
import { TallyError } from '../kernel/errors.ts'
import type { ErrorCode } from '../kernel/errors.ts'
import type { Artifact } from '../artifact/artifact.ts'
import type { Statement, UnverifiedEvidence } from '../evidence/evidence.ts'
import { checkPredicate } from '../evidence/predicates/index-table.ts'
import type { Authority, Trust } from './authority.ts'
import { findHolders } from './holders.ts'
import type { Holder } from './holders.ts'
import { checkLog } from './log-check.ts'
import { matchSubject } from './match-subject.ts'
import { maySay, neededFor } from './may.ts'
import { openEvidence } from './open-evidence.ts'
import type { Receipt, Rejection } from './receipt.ts'
import { assertedTime } from './statement-time.ts'
import { provenTimeOf, transparencyOf } from './vouched.ts'

export type VerifyOptions = {
  /** The bytes of the artifact's file, for signatures over the artifact itself (`cosign sign-blob`). */
  readonly content?: () => AsyncIterable<Uint8Array>
  /**
   * Whether a predicate is taken as it is, also where it is not what its type promises. For questions of who signed, as cosign
   * asks them; a policy never sees such a receipt.
   */
  readonly anyPredicate?: boolean
}

export type Verified = { readonly ok: true; readonly receipt: Receipt } | { readonly ok: false; readonly rejection: Rejection }

/**
 * Verifies one piece of evidence about one artifact: shape and caps first, then a signature by somebody trusted, by key or by identity,
 * with whatever logs and timestamps came with it; then, from exactly the bytes that were verified, subject, predicate and whether that
 * authority may say it; at last our own log proof. Out: a receipt, or why there is none. One piece makes at most one receipt,
 * with one signer, however many signatures it has. Hostile evidence never throws; what throws is the world (reading `content` or a
 * trusted root) or a bug.
 */
export async function verifyEvidence(
  evidence: UnverifiedEvidence,
  artifact: Artifact,
  trust: Trust,
  options: VerifyOptions = {},
): Promise<Verified> {
  const refuse = (why: string, predicateType = ''): Verified => ({
    ok: false,
    rejection: { envelope: evidence.digest, where: evidence.where, predicateType, why },
  })
  try {
    if (digestOf(evidence.bytes) !== evidence.digest) return refuse('is not the bytes it was found as')
    if (trust.authorities.length === 0) return refuse('is signed, and nobody is trusted')
    const signed = await findHolders(openEvidence(evidence), evidence.where, artifact, trust, options.content)
    if ('why' in signed) return refuse(signed.why)
    const { statement, holders } = signed
    const { predicateType } = statement

    const subject = matchSubject(statement, artifact)
    if ('why' in subject) return refuse(subject.why, predicateType)
    const predicate = checkPredicate(predicateType, statement.predicate)
    if (!predicate.ok && options.anyPredicate !== true)
      return refuse(`has a predicate that is not what its type promises: ${predicate.why}`, predicateType)
    const holder = holders.find((one) => maySay(one.authority.may, predicateType))
    if (holder === undefined)
      return refuse(
        mayNotSay(
          holders.map((one) => one.authority),
          predicateType,
        ),
        predicateType,
      )

    const logged = checkLog(evidence, statement, holder.signer.keyId, trust)
    return { ok: true, receipt: makeReceipt({ evidence, statement, holder, matched: subject.matched, logged }) }
  } catch (error) {
    if (error instanceof TallyError && REJECTING.has(error.code)) return refuse(error.message)
    throw error
  }
}

/** Faults of the evidence, as opposed to those of the world around it. */
const REJECTING: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['evidence-malformed', 'limit-exceeded', 'version-unsupported'])

function mayNotSay(holders: readonly Authority[], predicateType: string): string {
  const names = holders.map((one) => `${one.name} (may: ${one.may.join(', ')})`).join(' and ')
  return `is signed by ${names}, who may not say this: it needs \`${neededFor(predicateType)}\``
}

/** A receipt before it has its brand. */
type Unbranded = { readonly [K in keyof Receipt as K extends string ? K : never]: Receipt[K] }

/** The one place where a receipt is made. */
function makeReceipt(made: {
  readonly evidence: UnverifiedEvidence
  readonly statement: Statement
  readonly holder: Holder
  readonly matched: Receipt['matched']
  readonly logged: Pick<Receipt, 'log' | 'logProblem'>
}): Receipt {
  const { evidence, statement, holder, matched, logged } = made
  const transparency = transparencyOf(holder.witnessed)
  const receipt: Unbranded = {
    statement,
    envelope: evidence.digest,
    where: evidence.where,
    signer: holder.signer,
    time: provenTimeOf(holder.witnessed) ?? assertedTime(statement),
    matched,
    ...(transparency.length === 0 ? {} : { transparency }),
    ...logged,
  }
  return receipt as Receipt
}
