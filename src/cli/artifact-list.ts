import { resolve } from 'node:path'
import { overLimit, readAll, textOf } from '../kernel/bytes.ts'
import { fail } from '../kernel/errors.ts'
import { LIMITS } from '../kernel/limits.ts'
import { readFileBounded } from '../kernel/read-file.ts'
import type { Context, OptionSpec } from './command.ts'

/** Flag of commands that take many artifacts. */
export const LIST_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  file: { type: 'string', value: 'FILE', multiple: true, noEnv: true, help: 'file with one artifact a line; - for stdin' },
}

/** Artifacts as they were named, and whether that was as a list: one that is named alone is answered at length. */
export type ArtifactList = { readonly references: readonly string[]; readonly isList: boolean }

/**
 * The artifacts a command was given: its words in order (`-` stands for stdin), then the lines of every `--file`. Empty lines and
 * lines that start with `#` are passed over; what is named twice is judged once. Throws `usage` when nothing was named,
 * `nothing-to-check` when the lists were empty, `limit-exceeded`.
 */
export async function artifactList(context: Context): Promise<ArtifactList> {
  const { words, flags, deps, cwd } = context
  const files = flags.list('file')
  if (words.length === 0 && files.length === 0) {
    throw fail('usage', 'needs at least one artifact, or --file with a list of them', {
      where: 'tally verify',
      hint: 'tally verify app.tgz',
    })
  }
  let stdin: Promise<readonly string[]> | undefined
  const linesOf = async (file: string): Promise<readonly string[]> => {
    if (file !== '-') return readLines(await readFileBounded(deps, resolve(cwd, file), 'listBytes'), file)
    return await (stdin ??= readAll(context.stdin(), LIMITS.listBytes, 'listBytes', 'stdin').then((bytes) => readLines(bytes, 'stdin')))
  }
  const named: string[] = []
  for (const word of words) named.push(...(word === '-' ? await linesOf('-') : [word]))
  for (const file of files) named.push(...(await linesOf(file)))
  const references = [...new Set(named)]
  if (references.length === 0) throw fail('nothing-to-check', 'no artifact is named there', { where: files[0] ?? 'stdin' })
  if (references.length > LIMITS.artifactsPerRun) throw overLimit('artifactsPerRun', LIMITS.artifactsPerRun, files[0] ?? 'stdin')
  return { references, isList: words.length > 1 || words[0] === '-' || files.length > 0 }
}

function readLines(bytes: Uint8Array, where: string): readonly string[] {
  return textOf(bytes, 'reference-invalid', where)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
}
