import { basename, join, resolve } from 'node:path'
import { writeFileAtomic } from '../kernel/atomic-file.ts'
import type { Deps } from '../kernel/deps.ts'
import { asTallyError, fail } from '../kernel/errors.ts'
import { VERSION } from '../kernel/version.ts'
import { catalogDirectory } from '../sbom/catalog-directory.ts'
import { toSpdx } from '../sbom/formats/spdx/write.ts'

const SOURCE = 'BUILDKIT_SCAN_SOURCE'
const EXTRAS = 'BUILDKIT_SCAN_SOURCE_EXTRAS'
const DESTINATION = 'BUILDKIT_SCAN_DESTINATION'
/** What BuildKit asks for: unversioned, whatever version of SPDX is inside. */
const PREDICATE_TYPE = 'https://spdx.dev/Document'

/** Whether BuildKit is asking (docs/attestations/sbom-protocol.md of moby/buildkit): it says so by variables alone. */
export function isBuildkitScan(env: Deps['env']): boolean {
  return [SOURCE, DESTINATION].some((name) => (env[name] ?? '') !== '')
}

/**
 * Answers BuildKit's SBOM generator protocol: one in-toto statement with an SPDX 2.3 predicate for the root file system in
 * BUILDKIT_SCAN_SOURCE and for each one in BUILDKIT_SCAN_SOURCE_EXTRAS, as `<its name>.spdx.json` in BUILDKIT_SCAN_DESTINATION. BuildKit
 * adds the subject, which does not exist yet. Out: the files written. Throws `usage` when a variable that must be there is not, or
 * two targets have one name.
 */
export async function answerBuildkit(
  deps: Pick<Deps, 'fs' | 'log' | 'signal' | 'env' | 'randomBytes'>,
  created: string,
): Promise<readonly string[]> {
  const source = resolve(required(deps.env, SOURCE))
  const destination = resolve(required(deps.env, DESTINATION))
  const targets = [source, ...(await extrasIn(deps, deps.env[EXTRAS] ?? ''))]
  const twice = targets.find((target, at) => targets.findIndex((other) => basename(other) === basename(target)) !== at)
  if (twice !== undefined) throw fail('usage', 'has the name of another target', { where: twice })
  const written: string[] = []
  for (const target of targets) {
    const name = basename(target)
    const sbom = await catalogDirectory(deps, target, {
      mode: 'installed',
      created,
      subject: { name },
      tool: { name: 'tally', version: VERSION },
    })
    const predicate: unknown = JSON.parse(Buffer.from(toSpdx(sbom)).toString('utf8'))
    const statement = { _type: 'https://in-toto.io/Statement/v0.1', predicateType: PREDICATE_TYPE, subject: [], predicate }
    const file = join(destination, `${name}.spdx.json`)
    await writeFileAtomic(deps, file, Buffer.from(`${JSON.stringify(statement)}\n`))
    written.push(file)
  }
  return written
}

function required(env: Deps['env'], name: string): string {
  const value = env[name] ?? ''
  if (value === '' || basename(resolve(value)) === '')
    throw fail('usage', value === '' ? 'is not set' : 'has no name: it is the root', {
      where: name,
      hint: `BuildKit sets ${SOURCE} and ${DESTINATION}; unset both to list something else`,
    })
  return value
}

/** The folders in a folder, sorted; none where it is not set or not there. */
async function extrasIn(deps: Pick<Deps, 'fs'>, folder: string): Promise<string[]> {
  if (folder === '') return []
  try {
    const entries = await deps.fs.readdir(folder, { withFileTypes: true })
    return entries
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => resolve(folder, name))
      .toSorted()
  } catch (error) {
    const known = asTallyError(error, folder)
    if (known.code === 'not-found') return []
    throw known
  }
}
