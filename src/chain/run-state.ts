import { join } from 'node:path'
import { z } from 'zod'
import { writeFileAtomic } from '../kernel/atomic-file.ts'
import type { Deps } from '../kernel/deps.ts'
import { digestOf, hexOf } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import { TallyError, asTallyError } from '../kernel/errors.ts'
import { canonicalBytes, parseJson } from '../kernel/json.ts'
import { readFileIfThere } from '../kernel/read-file.ts'

/** What makes two runs the same run. */
export type RunKeyParts = {
  readonly commit: string
  readonly project: Digest
  readonly tool: string
  readonly policies: readonly Digest[]
  readonly target: string
  readonly signer: string
  /** Random for a tree that no commit describes: such a run is never taken up again. */
  readonly nonce: string
}

export function runKeyOf(parts: RunKeyParts): string {
  return hexOf(digestOf(canonicalBytes(parts))).slice(0, 32)
}

/** The steps a run has finished, one file each, written whole or not at all. What the disk refuses is thrown as `disk` or `permission`, naming the run's directory. */
export type RunState = {
  readonly dir: string
  /**
   * The stored result of a step if it is there, fits the schema and `usable` agrees (which hashes what it points at
   * again); otherwise does the work and stores its result before it is acknowledged.
   */
  readonly step: <T>(
    name: string,
    schema: z.ZodType<T>,
    usable: (result: T) => Promise<boolean>,
    work: () => Promise<T>,
  ) => Promise<{ result: T; reused: boolean }>
}

export async function openRunState(
  deps: Pick<Deps, 'fs' | 'randomBytes'>,
  runsDir: string,
  key: string,
  boundary: (step: string) => Promise<void>,
): Promise<RunState> {
  const dir = join(runsDir, key)
  await namingTheRun(dir, () => deps.fs.mkdir(dir, { recursive: true, mode: 0o700 }))
  return {
    dir,
    step: (name, schema, usable, work) =>
      namingTheRun(dir, async () => {
        const file = join(dir, `${name}.json`)
        const stored = await readStep(deps, file, schema)
        if (stored !== undefined && (await usable(stored))) return { result: stored, reused: true }
        await boundary(`${name}:start`)
        const result = await work()
        await boundary(`${name}:done`)
        await writeFileAtomic(deps, file, canonicalBytes(result), 0o600)
        await boundary(`${name}:stored`)
        return { result, reused: false }
      }),
  }
}

async function namingTheRun<T>(dir: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw asTallyError(error, dir)
  }
}

async function readStep<T>(deps: Pick<Deps, 'fs'>, file: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const bytes = await readFileIfThere(deps, file, 'fileReadBytes')
  if (bytes === undefined) return undefined
  try {
    const parsed = schema.safeParse(parseJson(bytes, file))
    return parsed.success ? parsed.data : undefined
  } catch (error) {
    // A step file that cannot be read is a step that was not done; it is done again.
    if (error instanceof TallyError) return undefined
    throw error
  }
}
