import type { Artifact } from '../../artifact/artifact.ts'
import type { ClauseResult } from '../../evidence/verdict.ts'
import type { Receipt } from '../../trust/receipt.ts'
import type { ClauseName, Kind } from '../clause-names.ts'
import type { PolicyRules } from '../document.ts'

/** What a clause may look at beside the receipt: all of it is handed in, so that the same input gives the same verdict. */
export type Context = {
  readonly rules: PolicyRules
  readonly artifact: Artifact
  /** Everything that was verified, for what one receipt must say of another. */
  readonly receipts: readonly Receipt[]
  readonly now: Date
  /** What `commit: head` means; undefined when nobody said. */
  readonly headCommit: string | undefined
  readonly resourceUri: string | undefined
  /** How the artifact is named on a command line; undefined: by its name. */
  readonly reference?: string | undefined
}

export type Judged = {
  readonly result: ClauseResult['result']
  readonly found: string
  readonly next: string
  /** Package URLs the result is about, when a waiver may cover them one by one. */
  readonly about?: readonly string[]
}

/** One question asked of one receipt. `R` is what the policy requires of the kind, `F` what was read from the receipt. */
export type Clause<R, F> = {
  readonly name: ClauseName
  readonly asked: (required: R, rules: PolicyRules) => boolean
  readonly expected: (required: R, context: Context) => string
  /** Undefined: this receipt gives nothing to ask. */
  readonly judge: (facts: F, required: R, context: Context, receipt: Receipt) => Judged | undefined
}

export type Reading<F> = { readonly ok: true; readonly facts: F } | { readonly ok: false; readonly why: string }

/** A kind of receipt: which receipts are of it, how they are read, and what is asked of each. */
export type KindRules<R extends { readonly from: readonly string[]; readonly count: number }, F> = {
  readonly kind: Kind
  /** As in "no … from": a signature, a provenance. */
  readonly noun: string
  readonly article?: 'an'
  readonly predicateTypes: (required: R) => readonly string[]
  readonly required: (rules: PolicyRules) => R | undefined
  readonly read: (receipt: Receipt) => Reading<F>
  /** The command that would make one. */
  readonly make: (context: Context) => string
  readonly clauses: readonly Clause<R, F>[]
}

export const met = (found: string): Judged => ({ result: 'met', found, next: '' })
export const failed = (found: string, next: string, about?: readonly string[]): Judged =>
  about === undefined ? { result: 'failed', found, next } : { result: 'failed', found, next, about }
export const unknown = (found: string, next: string): Judged => ({ result: 'unknown', found, next })
