import type { Verdict } from '../evidence/verdict.ts'
import type { Digest } from '../kernel/digest.ts'
import { digestSetOf } from '../kernel/digest.ts'
import { VERSION } from '../kernel/version.ts'

/** What a verification summary says beside the verdict itself. */
export type VsaDetails = {
  readonly verifierId: string
  /** What was judged, as its consumers name it. */
  readonly resourceUri: string
  readonly policyUri: string
  /** RFC 3339. */
  readonly timeVerified: string
  /** Levels that were verified (`SLSA_BUILD_LEVEL_1` …); only the highest of a track. Left out of a summary that does not allow. */
  readonly levels: readonly string[]
  /** Evidence it rests on; by default what decided the verdict's clauses. */
  readonly inputAttestations?: readonly Digest[]
}

/**
 * The predicate of a verdict as SLSA verification summary v1 (slsa.dev/spec/v1.1/verification_summary). Anything but `allow` is
 * FAILED. `dev.tallystick.verdict` carries the trace, so that a summary never hides a waiver; other consumers pass over it.
 */
export function vsaPredicate(verdict: Verdict, details: VsaDetails): Record<string, unknown> {
  const allowed = verdict.decision === 'allow'
  const inputs = details.inputAttestations ?? verdict.clauses.flatMap((clause) => clause.evidence)
  return {
    verifier: { id: details.verifierId, version: { tally: VERSION } },
    timeVerified: details.timeVerified,
    resourceUri: details.resourceUri,
    policy: { uri: details.policyUri, digest: digestSetOf(verdict.policy.digest) },
    inputAttestations: [...new Set(inputs)].toSorted().map((digest) => ({ digest: digestSetOf(digest) })),
    verificationResult: allowed ? 'PASSED' : 'FAILED',
    verifiedLevels: allowed ? [...details.levels] : ['FAILED'],
    slsaVersion: '1.1',
    'dev.tallystick.verdict': {
      decision: verdict.decision,
      clauses: verdict.clauses.map(({ clause, result, waivedBy }) =>
        waivedBy === undefined ? { clause, result } : { clause, result, waivedBy },
      ),
    },
  }
}
