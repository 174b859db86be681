import { digestOf } from '../kernel/digest.ts'
import { TallyError } from '../kernel/errors.ts'
import type { ErrorCode } from '../kernel/errors.ts'
import { once } from '../kernel/once.ts'
import type { Artifact } from '../artifact/artifact.ts'
import { withOthers } from '../artifact/other-digests.ts'
import type { OtherDigests } from '../artifact/other-digests.ts'
import { ANNOTATION, PREDICATE } from '../evidence/evidence.ts'
import type { Statement, UnverifiedEvidence } from '../evidence/evidence.ts'
import { checkPredicateOf } from '../evidence/check-predicate.ts'
import type { Authority, Trust } from './authority.ts'
import { findHolders } from './holders.ts'
import type { Holder } from './holders.ts'
import { matchSubject, needsOthers } from './match-subject.ts'
import type { SubjectMatch } from './match-subject.ts'
import { maySay, neededFor } from './may.ts'
import { openBundle } from './open-bundle.ts'
import type { Opened } from './open-bundle.ts'
import type { Receipt, Rejection, RejectionCode } from './receipt.ts'
import { assertedTime } from './statement-time.ts'
import { provenTimeOf, transparencyOf } from './vouched.ts'

// What a bundle without a proof of our own log does not need.
const logs = once(() => import('./log-check.ts'))
const otherForms = once(() => import('./open-evidence.ts'))

export type VerifyOptions = {
  /** The bytes of the artifact's file, for signatures over the artifact itself (`cosign sign-blob`). */
  readonly content?: () => AsyncIterable<Uint8Array>
  /** Digests of the artifact's file beside sha256, for evidence that names no sha256 (npm's names sha512 alone). */
  readonly others?: OtherDigests
  /**
   * Whether a predicate is taken as it is, also where it is not what its type promises. For questions of who signed, as cosign
   * asks them; a policy never sees such a receipt.
   */
  readonly anyPredicate?: boolean
  /** What signatures over statements came to before, for one run with one trust: a bundle about many artifacts is verified once. */
  readonly memory?: VerifyMemory
}

export type VerifyMemory = WeakMap<UnverifiedEvidence, Promise<Once>>

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
  const refuse = (code: RejectionCode, why: string, predicateType = ''): Verified => ({
    ok: false,
    rejection: { envelope: evidence.digest, where: evidence.where, predicateType, why, code },
  })
  try {
    const once = await verifyOnce(evidence, artifact, trust, options)
    if (once === undefined) return refuse('digest-mismatch', 'is not the bytes it was found as')
    const { opened, signed } = once
    if ('why' in signed) return refuse(signed.code, signed.why, claimedType(opened))
    const { statement, holders } = signed
    const { predicateType } = statement

    const subject = await matchByAny(statement, artifact, options)
    if ('why' in subject) return refuse('digest-mismatch', subject.why, predicateType)
    const predicate = await checkPredicateOf(predicateType, statement.predicate)
    if (!predicate.ok && options.anyPredicate !== true) {
      return refuse('evidence-malformed', `has a predicate that is not what its type promises: ${predicate.why}`, predicateType)
    }
    const holder = holders.find((one) => maySay(one.authority.may, predicateType))
    if (holder === undefined) return refuse('untrusted', mayNotSay(holders, predicateType), predicateType)

    const isLogged = evidence.annotations[ANNOTATION.logProof] !== undefined
    const logged = isLogged ? (await logs()).checkLog(evidence, statement, holder.signer.keyId, trust) : {}
    return { ok: true, receipt: await makeReceipt({ evidence, statement, holder, matched: subject.matched, logged }) }
  } catch (error) {
    if (error instanceof TallyError && isRejecting(error.code)) return refuse(error.code, error.message)
    throw error
  }
}

type Once = { readonly opened: Opened; readonly signed: Awaited<ReturnType<typeof findHolders>> }

/** Opens evidence and verifies its signature; undefined when it is not the bytes it was found as. What a signature over the artifact's own bytes comes to is never remembered. */
async function verifyOnce(
  evidence: UnverifiedEvidence,
  artifact: Artifact,
  trust: Trust,
  options: VerifyOptions,
): Promise<Once | undefined> {
  const known = options.memory?.get(evidence)
  if (known !== undefined) return await known
  if (digestOf(evidence.bytes) !== evidence.digest) return undefined
  const opened = evidence.form === 'bundle' ? openBundle(evidence.bytes, evidence.where) : (await otherForms()).openEvidence(evidence)
  const made = findHolders(opened, evidence.where, artifact, trust, options.content).then((signed) => ({ opened, signed }))
  if (opened.says.kind === 'statement') options.memory?.set(evidence, made)
  return await made
}

async function matchByAny(statement: Statement, artifact: Artifact, { others }: VerifyOptions): Promise<SubjectMatch> {
  const match = matchSubject(statement, artifact)
  if (!('why' in match) || others === undefined || !needsOthers(statement)) return match
  return matchSubject(statement, withOthers(artifact, await others.compute()))
}

/** Faults of the evidence, as opposed to those of the world around it. */
const REJECTING = ['evidence-malformed', 'limit-exceeded', 'version-unsupported'] as const

function isRejecting(code: ErrorCode): code is (typeof REJECTING)[number] {
  return REJECTING.some((each) => each === code)
}

/** What evidence that does not hold says it is, for messages only. */
function claimedType({ says }: Opened): string {
  if (says.kind === 'message') return PREDICATE.signature
  try {
    return says.statement().predicateType
  } catch (error) {
    if (error instanceof TallyError && isRejecting(error.code)) return ''
    throw error
  }
}

function mayNotSay(holders: readonly { readonly authority: Authority }[], predicateType: string): string {
  const names = holders.map(({ authority }) => `${authority.name} (may: ${authority.may.join(', ')})`).join(' and ')
  return `is signed by ${names}, who may not say this: it needs \`${neededFor(predicateType)}\``
}

/** A receipt before it has its brand. */
type Unbranded = { readonly [K in keyof Receipt as K extends string ? K : never]: Receipt[K] }

/** The one place where a receipt is made. */
async function makeReceipt(made: {
  readonly evidence: UnverifiedEvidence
  readonly statement: Statement
  readonly holder: Holder
  readonly matched: Receipt['matched']
  readonly logged: Pick<Receipt, 'log' | 'logProblem'>
}): Promise<Receipt> {
  const { evidence, statement, holder, matched, logged } = made
  const transparency = transparencyOf(holder.witnessed)
  const receipt: Unbranded = {
    statement,
    envelope: evidence.digest,
    where: evidence.where,
    signer: holder.signer,
    time: provenTimeOf(holder.witnessed) ?? (await assertedTime(statement)),
    matched,
    ...(transparency.length === 0 ? {} : { transparency }),
    ...logged,
  }
  return receipt as Receipt
}
