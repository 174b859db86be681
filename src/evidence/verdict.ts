import type { Digest } from '../kernel/digest.ts'

export type Decision = 'allow' | 'deny' | 'unknown'

/** One clause of a policy, judged. Every clause is always judged; a waived one keeps its real result. */
export type ClauseResult = {
  /** Stable name, `signature`, `provenance.builder`, `sbom`, `log`, `forbid.packages` … as in the policy document. */
  readonly clause: string
  readonly result: 'met' | 'failed' | 'unknown'
  readonly expected: string
  readonly found: string
  /** A command or edit that would mend it; empty when met. */
  readonly next: string
  /** Digests of the receipts (envelopes) that decided it. */
  readonly evidence: readonly Digest[]
  readonly waivedBy?: string
}

/** The answer of a policy about one artifact. `unknown` is never treated as `allow`. */
export type Verdict = {
  readonly decision: Decision
  readonly policy: { readonly name: string; readonly digest: Digest }
  readonly artifact: Digest
  readonly clauses: readonly ClauseResult[]
  /** RFC 3339 time the judgement was made at. */
  readonly at: string
}
