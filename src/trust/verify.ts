import { digestOf, digestSetOf } from '../kernel/digest.ts'
import { TallyError } from '../kernel/errors.ts'
import type { ErrorCode } from '../kernel/errors.ts'
import type { Artifact } from '../artifact/artifact.ts'
import { withOthers } from '../artifact/other-digests.ts'
import type { OtherDigests } from '../artifact/other-digests.ts'
import { PREDICATE } from '../evidence/evidence.ts'
import type { Statement, UnverifiedEvidence } from '../evidence/evidence.ts'
import { checkPredicate } from '../evidence/predicates/index-table.ts'
import { STATEMENT_V1 } from '../evidence/statement.ts'
import { checkLog } from './log-check.ts'
import { matchSubject, needsOthers } from './match-subject.ts'
import type { SubjectMatch } from './match-subject.ts'
import { maySay, neededFor } from './may.ts'
import { openEvidence } from './open-evidence.ts'
import type { Opened } from './open-evidence.ts'
import type { Receipt, Rejection, RejectionCode } from './receipt.ts'
import { assertedTime } from './statement-time.ts'
import type { Authority, Trust } from './trust-policy.ts'
import { verifyMessage } from './verify-message.ts'

export type VerifyOptions = {
  /** The bytes of the artifact's file, for signatures over the artifact itself (`cosign sign-blob`). */
  readonly content?: () => AsyncIterable<Uint8Array>
  /** Digests of the artifact's file beside sha256, for evidence that names no sha256 (npm's names sha512 alone). */
  readonly others?: OtherDigests
  /** What signatures over statements came to before, for one run with one trust: a bundle about many artifacts is verified once. */
  readonly memory?: VerifyMemory
}

export type VerifyMemory = WeakMap<UnverifiedEvidence, Promise<Once>>

export type Verified = { readonly ok: true; readonly receipt: Receipt } | { readonly ok: false; readonly rejection: Rejection }

/**
 * Verifies one piece of evidence about one artifact: shape and caps first, then a signature by the key of somebody trusted, then, from
 * exactly the bytes that were verified, subject, predicate and whether that authority may say it; at last the log proof that came with
 * it. Out: a receipt, or why there is none. One piece makes at most one receipt, with one signer, however many signatures it has.
 * Hostile evidence never throws; what throws is the world (reading `content`) or a bug.
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
    const once = await verifyOnce(evidence, trust, options)
    if (once === undefined) return refuse('digest-mismatch', 'is not the bytes it was found as')
    const { opened, signed } = once
    if ('why' in signed) return refuse(signed.code, signed.why, claimedType(opened))
    const { statement, holders } = signed
    const { predicateType } = statement

    const subject = await matchByAny(statement, artifact, options)
    if ('why' in subject) return refuse('digest-mismatch', subject.why, predicateType)
    const predicate = checkPredicate(predicateType, statement.predicate)
    if (!predicate.ok)
      return refuse('evidence-malformed', `has a predicate that is not what its type promises: ${predicate.why}`, predicateType)
    const authority = holders.find((one) => maySay(one.may, predicateType))
    if (authority === undefined) return refuse('untrusted', mayNotSay(holders, predicateType), predicateType)

    const logged = checkLog(evidence, statement, authority.key.keyId, trust)
    return { ok: true, receipt: makeReceipt({ evidence, statement, authority, matched: subject.matched, logged }) }
  } catch (error) {
    if (error instanceof TallyError && isRejecting(error.code)) return refuse(error.code, error.message)
    throw error
  }
}

type Once = { readonly opened: Opened; readonly signed: Signed | Unsigned }

/** Opens evidence and verifies its signature; undefined when it is not the bytes it was found as. What a signature over the artifact's own bytes comes to is never remembered. */
async function verifyOnce(evidence: UnverifiedEvidence, trust: Trust, options: VerifyOptions): Promise<Once | undefined> {
  const known = options.memory?.get(evidence)
  if (known !== undefined) return await known
  if (digestOf(evidence.bytes) !== evidence.digest) return undefined
  const opened = openEvidence(evidence)
  const made = verifySignature(opened, trust, options).then((signed) => ({ opened, signed }))
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

type Signed = { readonly statement: Statement; readonly holders: readonly Authority[] }
type Unsigned = { readonly why: string; readonly code: RejectionCode }

async function verifySignature(opened: Opened, trust: Trust, options: VerifyOptions): Promise<Signed | Unsigned> {
  if (trust.authorities.length === 0) return { code: 'untrusted', why: 'is signed, and nobody is trusted' }
  const { says, signatures } = opened
  if (says.kind === 'statement') {
    const holders = trust.authorities.filter((one) => signatures.some((signature) => one.key.verify(says.signed, signature)))
    return holders.length === 0 ? untrusted(opened, trust) : { statement: says.statement(), holders }
  }
  const [signature] = signatures
  if (signature === undefined) return { code: 'evidence-malformed', why: 'has no signature' }
  if (options.content === undefined)
    return { code: 'untrusted', why: 'is a signature over the bytes of a file, which are not at hand here; give the file itself' }
  const check = await verifyMessage(options.content(), signature, says.digest, trust.authorities)
  if (!check.ok) return { code: 'digest-mismatch', why: check.why }
  if (check.holders.length === 0) return untrusted(opened, trust)
  return { statement: messageStatement(digestSetOf(check.digest)), holders: check.holders }
}

/** A signature over bytes says what cosign 3's statement says: these are the signed bytes. */
function messageStatement(digest: Statement['subject'][number]['digest']): Statement {
  return { type: STATEMENT_V1, subject: [{ digest }], predicateType: PREDICATE.signature, predicate: {} }
}

function untrusted(opened: Opened, trust: Trust): Unsigned {
  if (opened.hasCertificate) return { code: 'untrusted', why: 'is signed with a certificate, and nobody is trusted by identity' }
  const { claimedKey } = opened
  const claimed = trust.authorities.find((one) => one.key.keyId === claimedKey)
  if (claimed !== undefined) {
    const prehashed = claimed.key.algorithm === 'ed25519' ? ' (Ed25519ph, which cosign writes with such keys, is not read yet)' : ''
    return {
      code: 'signature-invalid',
      why: `has a signature that does not match its bytes and the key of ${claimed.name}, which it names${prehashed}`,
    }
  }
  if (claimedKey !== undefined)
    return { code: 'untrusted', why: `is signed by another key (it names ${claimedKey.slice(0, 16)}…), which is not trusted` }
  return { code: 'untrusted', why: 'is signed by a key that is not trusted, or changed after it was signed' }
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
  readonly authority: Authority
  readonly matched: Receipt['matched']
  readonly logged: Pick<Receipt, 'log' | 'logProblem'>
}): Receipt {
  const { evidence, statement, authority, matched, logged } = made
  const receipt: Unbranded = {
    statement,
    envelope: evidence.digest,
    where: evidence.where,
    signer: { authority: authority.name, kind: authority.kind, keyId: authority.key.keyId },
    time: assertedTime(statement),
    matched,
    ...logged,
  }
  return receipt as Receipt
}
