import { overLimit, utf8 } from '../kernel/bytes.ts'
import { fail } from '../kernel/errors.ts'
import { LIMITS } from '../kernel/limits.ts'
import { runGit } from './git.ts'
import type { GitDeps } from './git.ts'

export type RawGitObject = { readonly type: string; readonly id: string; readonly bytes: Uint8Array }

/**
 * Reads one object of a repository as it is stored: its type, its id, and the bytes the id is of (without git's own header). In: any
 * name git knows (`HEAD`, a tag, a branch, an id). Replacements and grafts are not followed. Throws `not-found` for a name that is none,
 * `usage` for one with a line break, `limit-exceeded`.
 */
export async function readGitObject(deps: GitDeps, dir: string, name: string): Promise<RawGitObject> {
  if (/[\n\0]/.test(name) || name === '') throw fail('usage', 'is not the name of an object', { where: 'git:' })
  const where = `git:${name}`
  const { exitCode, stdout, stderr } = await runGit(deps, dir, ['cat-file', '--batch'], [], utf8(`${name}\n`))
  const end = stdout.indexOf(0x0a)
  const header = Buffer.from(stdout.subarray(0, Math.max(0, end))).toString('latin1')
  const [, id, type, size] = /^([0-9a-f]{40}|[0-9a-f]{64}) ([a-z]{1,16}) (\d{1,15})$/.exec(header) ?? []
  if (exitCode !== 0 || id === undefined || type === undefined) {
    const why = exitCode === 0 ? 'there is no such object here' : Buffer.from(stderr).toString('utf8').split('\n')[0]
    throw fail('not-found', why ?? 'cannot be read', { where, hint: 'check the name, and that this is a git repository' })
  }
  if (Number(size) > LIMITS.gitObjectBytes) throw overLimit('gitObjectBytes', LIMITS.gitObjectBytes, where)
  const bytes = stdout.subarray(end + 1, end + 1 + Number(size))
  if (bytes.byteLength !== Number(size)) throw fail('not-found', 'was not given whole by git', { where })
  return { type, id, bytes }
}
