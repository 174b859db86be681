import { basename, join, resolve } from 'node:path'
import { writeFileAtomic } from '../kernel/atomic-file.ts'
import { TallyError, asTallyError, fail } from '../kernel/errors.ts'
import { readBuildkitScan, scanFileName, scanStatement } from '../sbom/buildkit.ts'
import type { BuildkitScan } from '../sbom/buildkit.ts'
import { catalogDirectory } from '../sbom/catalog-directory.ts'
import type { Context } from './command.ts'
import { about } from './sbom-load.ts'

/** What BuildKit asks for, when it runs `tally sbom` without words. */
export function buildkitScanOf({ words, deps }: Context): BuildkitScan | undefined {
  return words.length === 0 ? readBuildkitScan(deps.env) : undefined
}

/** Scans the file systems BuildKit mounted, each into a file of its own. Nothing of them is run, and no link out of them is followed. */
export async function scanForBuildkit(context: Context, { source, extras, destination }: BuildkitScan): Promise<number> {
  const { deps, cwd, flags } = context
  const targets = [resolve(cwd, source), ...(extras === undefined ? [] : await targetsIn(context, resolve(cwd, extras)))]
  const taken = new Set<string>()
  for (const target of targets) {
    const file = scanFileName(target)
    if (taken.has(file)) throw fail('usage', `is the second target to be written to ${file}`, { where: target })
    taken.add(file)
    const named = flags.text('source-name') ?? basename(target)
    const sbom = await catalogDirectory(deps, target, { ...about(context, named), exclude: flags.list('exclude'), mode: 'installed' })
    await writeFileAtomic(deps, join(resolve(cwd, destination), file), scanStatement(sbom))
    deps.log('info', `${file}: ${sbom.components.length} components, ${sbom.completeness}`)
  }
  return 0
}

/** Folders of a folder; none where it is not there, as the protocol has it. */
async function targetsIn({ deps }: Context, folder: string): Promise<readonly string[]> {
  try {
    const entries = await deps.fs.readdir(folder, { withFileTypes: true })
    return entries
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(folder, name))
      .toSorted()
  } catch (error) {
    const known = asTallyError(error, folder)
    if (known instanceof TallyError && known.code === 'not-found') return []
    throw known
  }
}
