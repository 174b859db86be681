import { join } from 'node:path'
import { z } from 'zod'
import { writeFileAtomic } from '../../kernel/atomic-file.ts'
import type { Digest } from '../../kernel/digest.ts'
import { parseJson } from '../../kernel/json.ts'
import { digestOfFile } from '../../kernel/read-file.ts'
import { VERSION } from '../../kernel/version.ts'
import { catalogDirectory } from '../../sbom/catalog-directory.ts'
import { catalogImage } from '../../sbom/catalog-image.ts'
import { toCycloneDx } from '../../sbom/formats/cyclonedx/write.ts'
import type { Sbom } from '../../sbom/model.ts'
import type { Shippable } from '../publish.ts'
import { isWhole } from '../seal.ts'
import type { ShipJob } from '../ship-job.ts'

// Paths are left out of what is stored: a data directory may be moved.
const listedSchema = z.strictObject({
  digest: z.string(),
  components: z.number().int(),
  completeness: z.enum(['complete', 'incomplete', 'unknown']),
})
type Stored = z.infer<typeof listedSchema>
/** What the SBOM step leaves: the CycloneDX document in the blob store and, readable, in the run's directory. */
export type Listed = Stored & { readonly path: string }

/** Lists the runtime closure of the committed lockfiles (a file), or what is inside the image (an image). */
export async function runSbom(
  job: ShipJob,
  shippable: Shippable | undefined,
): Promise<{ readonly listed: Listed; readonly reused: boolean }> {
  const { blobs, deps } = job.workspace
  const path = join(job.state.dir, 'sbom.cdx.json')
  const usable = async ({ digest }: Stored): Promise<boolean> =>
    (await isWhole(blobs, digest as Digest)) && (await digestOfFile(deps, path))?.digest === digest
  const { result, reused } = await job.state.step('sbom', listedSchema, usable, async () => {
    const sbom = await list(job, shippable)
    const bytes = toCycloneDx(sbom)
    await writeFileAtomic(deps, path, bytes)
    if (sbom.completeness === 'unknown')
      deps.log('warn', 'no cataloger reads a lockfile of this project: the SBOM says its completeness is unknown')
    return { digest: await blobs.put(bytes), components: sbom.components.length, completeness: sbom.completeness }
  })
  return { listed: { ...result, path }, reused }
}

async function list(job: ShipJob, shippable: Shippable | undefined): Promise<Sbom> {
  const { deps } = job.workspace
  const about = {
    subject: { name: job.project.config.artifact.name, version: job.version },
    created: job.created,
    tool: { name: 'tally', version: VERSION },
  }
  if (shippable?.image !== undefined) return await catalogImage(deps, shippable.image, shippable.artifact.digest, about)
  return await catalogDirectory(deps, job.project.dir, { ...about, mode: 'runtime-closure', lockfiles: job.project.config.sbom.lockfiles })
}

/** The document as a predicate. */
export async function sbomPredicate(job: ShipJob, listed: Listed): Promise<unknown> {
  const bytes = await job.workspace.blobs.get(listed.digest as Digest)
  return bytes === undefined ? undefined : parseJson(bytes, 'SBOM')
}
