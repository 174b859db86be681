import { createHash } from 'node:crypto'
import { utf8 } from '../kernel/bytes.ts'
import type { Deps, LogLevel } from '../kernel/deps.ts'
import type { Digest } from '../kernel/digest.ts'
import { canonicalTime } from './assemble.ts'
import type { CacheFolder } from './cache-folder.ts'
import type { Sbom } from './model.ts'

/** What an SBOM of an image depends on: the program, its digest, and whatever the caller said. */
export type ImageQuestion = {
  /** Another text for each program that might find other things. */
  readonly program: string
  readonly digest: Digest
  readonly scope: string
  readonly exclude: readonly string[]
  readonly subject: unknown
  readonly tool: unknown
  readonly author: unknown
}

type Kept = { readonly question: string; readonly sbom: Sbom; readonly warnings: readonly string[] }

/**
 * The SBOM of an image that was asked for before in the same way, told again with its warnings; else made and kept. An image is what its
 * digest says and everything it is made of was verified when it was listed first, so only the time is another. In: where SBOMs are kept,
 * the question, the time of now (RFC 3339), and what makes one, which is given the log to warn to.
 */
export async function rememberImage(
  deps: Pick<Deps, 'log'>,
  folder: CacheFolder,
  question: ImageQuestion,
  created: string,
  make: (log: Deps['log']) => Promise<Sbom>,
): Promise<Sbom> {
  const text = JSON.stringify(question)
  const name = `${createHash('sha256').update(text).digest('hex')}.json.zst`
  const known = readKept(await folder.load(name), text)
  if (known !== undefined) {
    for (const warning of known.warnings) deps.log('warn', warning)
    return { ...known.sbom, created: canonicalTime(created) }
  }
  const warnings: string[] = []
  const sbom = await make((level: LogLevel, message: string) => {
    if (level === 'warn') warnings.push(message)
    deps.log(level, message)
  })
  await folder.save(name, [utf8(JSON.stringify({ question: text, sbom, warnings } satisfies Kept))])
  return sbom
}

/** Its bytes are those that were written, which the folder saw to. */
function readKept(bytes: Buffer | undefined, question: string): Kept | undefined {
  if (bytes === undefined) return undefined
  const kept = JSON.parse(bytes.toString('utf8')) as Kept
  return kept.question === question ? kept : undefined
}
