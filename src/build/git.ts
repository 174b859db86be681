import { overLimit } from '../kernel/bytes.ts'
import type { Deps, SpawnResult } from '../kernel/deps.ts'
import { fail } from '../kernel/errors.ts'
import { LIMITS } from '../kernel/limits.ts'
import { redact } from '../kernel/redact.ts'

export type GitDeps = Pick<Deps, 'spawn' | 'env'>

/** What a git command said. Its failure is an answer, too. */
export type GitAnswer = { readonly ok: true; readonly out: string } | { readonly ok: false; readonly error: string }

/** One setting that overrules the repository's own. */
export type GitSetting = readonly [key: string, value: string]

/** What the user or machine says about git at large; a repository's own files say nothing through these. */
const KEPT = [
  'PATH',
  'HOME',
  'XDG_CONFIG_HOME',
  'GIT_CONFIG_GLOBAL',
  'GIT_CONFIG_SYSTEM',
  'GIT_CONFIG_NOSYSTEM',
  'GIT_CEILING_DIRECTORIES',
  'TMPDIR',
]

// A repository's own configuration may name programs (a monitor, hooks, filters, transports) and ways not to look
// closely. Looking at a project must run none of its code and must see every change.
const ALWAYS: readonly GitSetting[] = [
  ['core.fsmonitor', 'false'],
  ['core.hooksPath', '/dev/null'],
  ['core.untrackedCache', 'false'],
  ['core.ignoreStat', 'false'],
  ['core.checkStat', 'default'],
  ['core.trustctime', 'true'],
  ['submodule.recurse', 'false'],
]

/**
 * Runs a git command that only looks, in `dir`, so that no program the repository names runs: no hook, monitor, filter or
 * transport, no fetch of missing objects, no lock taken, nothing inherited from a git that called us. Throws
 * `tool-missing`, `timeout`, or `limit-exceeded` for more than LIMITS.gitOutputBytes of output.
 */
export async function lookWithGit(
  deps: GitDeps,
  dir: string,
  args: readonly string[],
  settings: readonly GitSetting[] = [],
): Promise<GitAnswer> {
  const result = await runGit(deps, dir, args, settings)
  if (result.exitCode === 0) return { ok: true, out: decode(result.stdout) }
  return { ok: false, error: redact(decode(result.stderr).trim()) }
}

/** As `lookWithGit`, with something on its standard input, its answer as the bytes it is. */
export async function runGit(
  deps: GitDeps,
  dir: string,
  args: readonly string[],
  settings: readonly GitSetting[] = [],
  input?: Uint8Array,
): Promise<SpawnResult> {
  const result = await deps.spawn('git', ['--no-pager', ...args], {
    cwd: dir,
    env: gitEnvironment(deps.env, [...ALWAYS, ...settings]),
    maxOutput: LIMITS.gitOutputBytes,
    timeoutMs: LIMITS.gitMs,
    ...(input === undefined ? {} : { input }),
  })
  if (result.stdout.byteLength >= LIMITS.gitOutputBytes) throw overLimit('gitOutputBytes', LIMITS.gitOutputBytes, `git ${args[0]}`)
  return result
}

/** As `lookWithGit`, for what cannot fail in a sound repository. */
export async function askGit(deps: GitDeps, dir: string, args: readonly string[], settings: readonly GitSetting[] = []): Promise<string> {
  const answer = await lookWithGit(deps, dir, args, settings)
  if (answer.ok) return answer.out
  throw fail('source-dirty', `\`git ${args[0]}\` cannot read the repository: ${answer.error.split('\n')[0] ?? ''}`, {
    where: dir,
    hint: 'mend the repository (`git fsck` says more), then run again',
  })
}

/**
 * Settings that switch off the filter programs a repository's own configuration names. Those of the user's and the
 * machine's configuration stay: they are the user's choice (git-lfs, usually).
 */
export async function withoutOwnFilters(deps: GitDeps, dir: string): Promise<readonly GitSetting[]> {
  const answer = await lookWithGit(deps, dir, ['config', '--show-scope', '--null', '--name-only', '--get-regexp', '^filter[.]'])
  if (!answer.ok) return []
  const words = answer.out.split('\0')
  const names = new Set<string>()
  for (let at = 0; at + 1 < words.length; at += 2) {
    const [scope, key] = [words[at] ?? '', words[at + 1] ?? '']
    const name = key.slice('filter.'.length, key.lastIndexOf('.'))
    if ((scope === 'local' || scope === 'worktree') && name !== '') names.add(name)
  }
  // An empty process outranks any clean and smudge command, and is none itself.
  return [...names].flatMap((name): GitSetting[] => [
    [`filter.${name}.process`, ''],
    [`filter.${name}.clean`, ''],
    [`filter.${name}.smudge`, ''],
    [`filter.${name}.required`, 'false'],
  ])
}

function gitEnvironment(env: Deps['env'], settings: readonly GitSetting[]): Readonly<Record<string, string>> {
  const found: Record<string, string> = {
    LC_ALL: 'C',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_NO_LAZY_FETCH: '1',
    GIT_ALLOW_PROTOCOL: 'none',
    GIT_CONFIG_COUNT: String(settings.length),
  }
  for (const name of KEPT) {
    const value = env[name]
    if (value !== undefined) found[name] = value
  }
  for (const [at, [key, value]] of settings.entries()) {
    found[`GIT_CONFIG_KEY_${at}`] = key
    found[`GIT_CONFIG_VALUE_${at}`] = value
  }
  return found
}

// Paths of a repository need not be UTF-8; one that is not is shown with replacement characters rather than refused.
function decode(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}
