import { join } from 'node:path'
import { z } from 'zod'
import { LOCAL_BUILDER, COMMAND_BUILD, provenancePredicate } from '../../build/provenance.ts'
import { recordBuild } from '../../build/record.ts'
import { digestOfFile } from '../../kernel/read-file.ts'
import { fail } from '../../kernel/errors.ts'
import { VERSION } from '../../kernel/version.ts'
import type { ShipJob } from '../ship-job.ts'

// Paths are left out of what is stored: a data directory may be moved.
const builtSchema = z.strictObject({
  file: z.strictObject({ name: z.string(), digest: z.string(), size: z.number().int() }),
  builder: z.string(),
  predicate: z.record(z.string(), z.unknown()),
})
type Stored = z.infer<typeof builtSchema>
/** What the build step leaves: one file, hashed, and the provenance predicate. */
export type Built = Stored & { readonly file: { readonly path: string } }

/** Runs `build.run` under the recorder. A stored result is used again only when its file still has its digest. */
export async function runBuild(job: ShipJob): Promise<{ readonly built: Built; readonly reused: boolean }> {
  const { deps } = job.workspace
  const { build } = job.project.config
  const outDir = join(job.state.dir, 'out')
  const usable = async ({ file }: Stored): Promise<boolean> => (await digestOfFile(deps, join(outDir, file.name)))?.digest === file.digest
  const { result, reused } = await job.state.step('build', builtSchema, usable, async () => {
    await deps.fs.rm(outDir, { recursive: true, force: true })
    await deps.fs.mkdir(outDir, { recursive: true, mode: 0o755 })
    const record = await recordBuild(deps, {
      projectDir: job.project.dir,
      run: build.run,
      env: build.env,
      outputs: build.outputs,
      lockfiles: job.project.config.sbom.lockfiles,
      outDir,
      onOutput: job.onBuildOutput,
    })
    const [output] = record.outputs
    if (output === undefined || record.outputs.length > 1) {
      throw fail('build-failed', `made ${record.outputs.length} files that match \`build.outputs\` where one is shipped`, {
        where: record.outputs.map((each) => each.name).join(', ') || build.outputs.join(', '),
        hint: 'narrow `build.outputs` in tally.yaml to the one artifact',
      })
    }
    const predicate = provenancePredicate(record, {
      builderId: LOCAL_BUILDER,
      buildType: COMMAND_BUILD,
      toolVersion: VERSION,
      invocationId: job.invocationId,
    })
    return { file: { name: output.name, digest: output.digest, size: output.size }, builder: LOCAL_BUILDER, predicate }
  })
  return { built: { ...result, file: { ...result.file, path: join(outDir, result.file.name) } }, reused }
}
