import { z } from 'zod'
import type { ImageTarget } from '../../artifact/image-source.ts'
import { PREDICATE } from '../../evidence/evidence.ts'
import type { Verdict } from '../../evidence/verdict.ts'
import type { Digest } from '../../kernel/digest.ts'
import { fail } from '../../kernel/errors.ts'
import { canonicalBytes } from '../../kernel/json.ts'
import { digestOf } from '../../kernel/digest.ts'
import { verifierIdOf } from '../../policy/check-vsa.ts'
import { vsaPredicate } from '../../policy/vsa.ts'
import type { Shippable } from '../publish.ts'
import { attachLogged, isWhole, logSealed, seal } from '../seal.ts'
import type { Logged } from '../seal.ts'
import type { ShipJob } from '../ship-job.ts'

const issuedSchema = z.strictObject({
  /** Digest of what the verdict rests on: decision, policy, results and evidence. */
  basis: z.string(),
  at: z.string(),
  sealed: z.strictObject({ predicateType: z.string(), bundle: z.string(), subjects: z.array(z.string()), keyId: z.string() }),
})

/**
 * Makes a verdict into evidence: VSA, signed, logged, attached at the place it judged. The same verdict on the same
 * evidence is issued once, however often it is reached; out comes the verdict as it was issued first. `levels`: what of the
 * SLSA build track was verified.
 */
export async function issueVerdict(
  job: ShipJob,
  shippable: Shippable,
  at: ImageTarget,
  environment: string,
  verdict: Verdict,
  levels: readonly string[],
): Promise<{ readonly logged: Logged; readonly verdict: Verdict }> {
  const { workspace, signer, state } = job
  const basis = basisOf(verdict)
  const usable = async (stored: z.infer<typeof issuedSchema>): Promise<boolean> =>
    stored.basis === basis && (await isWhole(workspace.blobs, stored.sealed.bundle as Digest))
  const { result } = await state.step(`verdict-${environment}`, issuedSchema, usable, async () => {
    const predicate = vsaPredicate(verdict, {
      verifierId: verifierIdOf(signer.keyId),
      resourceUri: resourceUri(job, environment),
      policyUri: `https://tallystick.dev/policy/${encodeURIComponent(verdict.policy.name)}`,
      timeVerified: verdict.at,
      levels,
    })
    const sealed = await seal(workspace, signer, shippable.artifact, PREDICATE.vsa, predicate)
    return { basis, at: verdict.at, sealed: { ...sealed, subjects: [...sealed.subjects] } }
  })
  const sealed = { ...result.sealed, bundle: result.sealed.bundle as Digest, subjects: result.sealed.subjects as Digest[] }
  const logged = await logSealed(workspace, signer, [sealed])
  await attachLogged(workspace, at, shippable.subject, logged, job.created)
  const [first] = logged
  if (first === undefined) throw fail('bug', 'one verdict was signed and none logged')
  return { logged: first, verdict: { ...verdict, at: result.at } }
}

/** What an artifact is called in an environment, without any path of this machine. */
export function resourceUri(job: ShipJob, environment: string): string {
  const registry = job.project.config.environments[environment]?.registry ?? 'default'
  const at =
    registry === 'default' || registry.startsWith('oci:') ? `tally://${job.project.config.name}/${environment}` : `oci://${registry}`
  return `${at}:${job.releaseTag ?? 'unreleased'}`
}

function basisOf(verdict: Verdict): Digest {
  const clauses = verdict.clauses.map(({ clause, result, evidence, waivedBy }) => ({
    clause,
    result,
    evidence: evidence.toSorted(),
    waivedBy: waivedBy ?? null,
  }))
  return digestOf(canonicalBytes({ decision: verdict.decision, policy: verdict.policy.digest, clauses }))
}
