import type { Artifact } from '../artifact/artifact.ts'
import { PREDICATE } from '../evidence/evidence.ts'
import type { Receipt } from '../trust/receipt.ts'
import { isAbout } from './about.ts'
import { readVsa } from './facts/read-vsa.ts'
import { compileMatcher } from '../kernel/matcher.ts'
import { show, showAll } from './show.ts'

/** What a verification summary must say to be relied on. */
export type VsaExpectation = {
  readonly artifact: Artifact
  /** Who may have signed it: names of authorities. */
  readonly from: readonly string[]
  /** verifier.id, exactly. Undefined: the id that belongs to the key that signed (`verifierIdOf`). */
  readonly verifierId: string | undefined
  /** resourceUri, exactly or by `pattern:`. Undefined: cannot be checked, which is a no. */
  readonly resourceUri: string | undefined
  readonly levels: readonly string[]
  /** `sha256:…` of the policy's bytes, or its URI. Undefined: any policy will do. */
  readonly policy: string | undefined
}

export type VsaStep = { readonly step: string; readonly ok: boolean; readonly found: string }

export type VsaCheck = {
  readonly ok: boolean
  /** Whether the policy it was judged by is the expected one. A summary by another policy is not wrong; it answers another question. */
  readonly policy: 'expected' | 'other' | 'any'
  readonly steps: readonly VsaStep[]
}

/**
 * The verifier id of whoever signs with a key, when none is agreed: it names the key, so that a summary cannot claim to come
 * from another verifier than the one whose key signed it.
 */
export function verifierIdOf(keyId: string): string {
  return `urn:tallystick:verifier:${keyId}`
}

/**
 * The seven checks a consumer makes of a verification summary (slsa.dev/spec/v1.1/verification_summary, "How to verify"), in
 * its order, and an eighth of our own: the policy. A receipt's signature was verified by trust; the rest is checked here.
 */
export function checkVsa(receipt: Receipt, expected: VsaExpectation): VsaCheck {
  const { statement, signer } = receipt
  const reading = readVsa(statement.predicate)
  const steps: VsaStep[] = [
    { step: 'signature', ok: expected.from.includes(signer.authority), found: `signed by ${show(signer.authority)}` },
    {
      step: 'subject',
      ok: isAbout(statement, expected.artifact),
      found: `about ${showAll(statement.subject.map((each) => `sha256:${each.digest['sha256'] ?? '?'}`))}`,
    },
    { step: 'predicateType', ok: statement.predicateType === PREDICATE.vsa, found: show(statement.predicateType) },
  ]
  if (!reading.ok) return { ok: false, policy: 'other', steps: [...steps, { step: 'predicate', ok: false, found: reading.why }] }
  const { facts } = reading
  steps.push(
    {
      step: 'verifier',
      ok: facts.verifierId === (expected.verifierId ?? verifierIdOf(signer.keyId)),
      found: `verifier ${show(facts.verifierId)}`,
    },
    {
      step: 'resourceUri',
      ok: expected.resourceUri !== undefined && compileMatcher(expected.resourceUri).matches(facts.resourceUri),
      found: `resource ${show(facts.resourceUri)}`,
    },
    { step: 'verificationResult', ok: facts.result === 'PASSED', found: facts.result },
    {
      step: 'verifiedLevels',
      ok: isOneEach(facts.levels) && expected.levels.every((level) => holdsLevel(facts.levels, level)),
      found: facts.levels.length === 0 ? 'no levels' : showAll(facts.levels),
    },
  )
  const policy = comparePolicy(facts.policy, expected.policy)
  const named = facts.policy.sha256 === undefined ? (facts.policy.uri ?? 'no policy named') : `sha256:${facts.policy.sha256}`
  steps.push({ step: 'policy', ok: policy !== 'other', found: `judged by policy ${show(named)}` })
  return { ok: steps.every((step) => step.ok), policy, steps }
}

function comparePolicy(found: { readonly uri?: string; readonly sha256?: string }, expected: string | undefined): VsaCheck['policy'] {
  if (expected === undefined) return 'any'
  const same = expected.startsWith('sha256:') ? found.sha256 === expected.slice('sha256:'.length) : found.uri === expected
  return same ? 'expected' : 'other'
}

const LEVEL = /^(SLSA_[A-Z]+)_LEVEL_(\d{1,2})$/

/** One level of a track, the highest: a summary that names two of one track says nothing of it that could be relied on. */
function isOneEach(levels: readonly string[]): boolean {
  const tracks = levels.flatMap((level) => LEVEL.exec(level)?.[1] ?? [])
  return new Set(tracks).size === tracks.length
}

/** A summary names the highest level of a track, which holds all below it (verification_summary, verifiedLevels). */
function holdsLevel(found: readonly string[], wanted: string): boolean {
  if (found.includes('FAILED')) return false
  if (found.includes(wanted)) return true
  const want = LEVEL.exec(wanted)
  if (want === null) return false
  return found.some((level) => {
    const have = LEVEL.exec(level)
    return have !== null && have[1] === want[1] && Number(have[2]) >= Number(want[2])
  })
}
