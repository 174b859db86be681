import { PREDICATE } from '../../evidence/evidence.ts'
import { safeText } from '../../kernel/text.ts'
import type { Inspection } from './inspect.ts'

/** The one thing to do next, with the command that does it. */
export type NextStep = { readonly why: string; readonly command: string }

/** From nothing to a gate, one step at a time: evidence, somebody trusted, what the baseline misses, a policy of one's own. Pure. */
export function nextStep({ pieces, pinned, trusted, baseline, problems }: Inspection): NextStep {
  const target = word(pinned)
  const [problem] = problems
  if (pieces.length === 0) {
    if (problem !== undefined) return { why: `evidence could not be looked for: ${problem.error.message}`, command: problem.error.hint }
    return { why: 'nobody says anything about it; if it is yours, sign it', command: `tally sign ${target}` }
  }
  if (baseline.decision === 'allow') {
    return { why: 'the baseline is met; ask what your own policy says', command: `tally gate ${target} --policy policy.yaml` }
  }
  const isVerified = pieces.some(({ signer }) => signer.kind === 'trusted')
  if (!isVerified) {
    const named = pieces.flatMap(({ signer, isAbout }) => (signer.kind === 'identity' && isAbout ? [signer] : []))[0]
    if (named !== undefined) {
      return {
        why: `if ${named.subject} is who you expect, verify that it is`,
        command: `tally verify ${target} --certificate-identity ${word(named.subject)} --certificate-oidc-issuer ${word(named.issuer)}`,
      }
    }
    const why =
      trusted.length === 0 ? 'get the public key of who publishes it, from them, and verify' : 'none of it is by anybody trusted here'
    return { why, command: `tally verify ${target} --key publisher.pub` }
  }
  const failed = baseline.clauses.find((clause) => clause.result !== 'met' && clause.waivedBy === undefined)
  if (failed === undefined) return { why: 'the baseline could not be judged', command: `tally verify ${target}` }
  const claimed = pieces.some(
    ({ statement, signer }) => signer.kind !== 'trusted' && statement !== undefined && isOfClause(failed.clause, statement.predicateType),
  )
  const why = claimed ? `${failed.clause}: it is there, by somebody who is not trusted here` : `${failed.clause}: ${failed.found}`
  return { why, command: claimed ? `tally verify ${target}` : failed.next }
}

function isOfClause(clause: string, predicateType: string): boolean {
  const kind = clause.split('.')[0]
  const types: Readonly<Record<string, readonly string[]>> = {
    signature: [PREDICATE.signature],
    provenance: [PREDICATE.provenance, PREDICATE.provenanceV02, PREDICATE.provenanceV01],
    sbom: [PREDICATE.cyclonedx, PREDICATE.spdx],
  }
  return (types[kind ?? ''] ?? []).includes(predicateType)
}

function word(text: string): string {
  const safe = safeText(text)
  return /^[A-Za-z0-9_./:@%+=-]+$/.test(safe) && !safe.startsWith('-') ? safe : `'${safe.replaceAll("'", String.raw`'\''`)}'`
}
