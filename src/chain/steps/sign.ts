import { z } from 'zod'
import { PREDICATE } from '../../evidence/evidence.ts'
import type { Digest } from '../../kernel/digest.ts'
import type { Shippable } from '../publish.ts'
import { isWhole, seal } from '../seal.ts'
import type { Sealed } from '../seal.ts'
import type { ShipJob } from '../ship-job.ts'
import type { Built } from './build.ts'
import type { Checked } from './check.ts'
import { sbomPredicate } from './sbom.ts'
import type { Listed } from './sbom.ts'

const sealedSchema = z.strictObject({ predicateType: z.string(), bundle: z.string(), subjects: z.array(z.string()), keyId: z.string() })
const signedSchema = z.strictObject({ artifact: z.string(), sealed: z.array(sealedSchema) })

/**
 * Signs what was made: signature, provenance, SBOM, check result. Stored once; a second run uses the same signed bytes,
 * so that there is exactly one of each.
 */
export async function runSign(
  job: ShipJob,
  shippable: Shippable,
  checked: Checked,
  listed: Listed,
  built: Built,
): Promise<{ readonly sealed: readonly Sealed[]; readonly reused: boolean }> {
  const { workspace, signer } = job
  const usable = async (stored: z.infer<typeof signedSchema>): Promise<boolean> => {
    if (stored.artifact !== shippable.artifact.digest) return false
    for (const each of stored.sealed) if (!(await isWhole(workspace.blobs, each.bundle as Digest))) return false
    return true
  }
  const { result, reused } = await job.state.step('sign', signedSchema, usable, async () => {
    const predicates: readonly (readonly [string, unknown])[] = [
      [PREDICATE.signature, {}],
      [PREDICATE.provenance, built.predicate],
      [PREDICATE.cyclonedx, await sbomPredicate(job, listed)],
      [PREDICATE.testResult, checked.predicate],
    ]
    const sealed: z.infer<typeof sealedSchema>[] = []
    for (const [predicateType, predicate] of predicates) {
      const each = await seal(workspace, signer, shippable.artifact, predicateType, predicate)
      sealed.push({ ...each, subjects: [...each.subjects] })
    }
    return { artifact: shippable.artifact.digest, sealed }
  })
  return { sealed: result.sealed.map((each) => ({ ...each, bundle: each.bundle as Digest, subjects: each.subjects as Digest[] })), reused }
}
