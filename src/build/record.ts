import { toHex } from '../kernel/bytes.ts'
import type { Deps } from '../kernel/deps.ts'
import { asTallyError, fail } from '../kernel/errors.ts'
import { LIMITS } from '../kernel/limits.ts'
import { buildEnvironment } from './environment.ts'
import type { BuildEnvironment } from './environment.ts'
import { gitFacts } from './git-facts.ts'
import type { GitFacts } from './git-facts.ts'
import { readLockfiles } from './lockfiles.ts'
import type { Lockfile } from './lockfiles.ts'
import { keepTail } from './output-tail.ts'
import { collectOutputs, parseOutputPattern } from './outputs.ts'
import type { BuildOutput } from './outputs.ts'

/** What to build: a shell command in a project, what it may see, and where its outputs will lie. */
export type BuildRequest = {
  /** Absolute path. */
  readonly projectDir: string
  /** For `sh -c`. */
  readonly run: string
  /** Variables let through beside the standard ones. */
  readonly env: readonly string[]
  /** Patterns under `$TALLY_OUT`. */
  readonly outputs: readonly string[]
  /** Absolute path of a directory that is empty or not there yet; the command finds it as TALLY_OUT. */
  readonly outDir: string
  /** Paths from the project; none: the known ones that are there. */
  readonly lockfiles?: readonly string[]
  readonly onOutput?: (stream: 'stdout' | 'stderr', bytes: Uint8Array) => void
}

/** A build that succeeded, as it was seen. What `provenancePredicate` makes evidence of. */
export type BuildRecord = {
  readonly command: string
  readonly declaredOutputs: readonly string[]
  readonly declaredEnv: readonly string[]
  /** Names of all variables the command could see. */
  readonly envNames: readonly string[]
  /** RFC 3339. */
  readonly startedAt: string
  readonly finishedAt: string
  readonly exitCode: number
  readonly before: GitFacts
  readonly after: GitFacts
  readonly lockfiles: readonly Lockfile[]
  readonly outputs: readonly BuildOutput[]
  readonly platform: { readonly os: string; readonly architecture: string }
  /** Random, of this one run. */
  readonly invocationId: string
  /** Paths of this machine, with the word that stands for each in evidence. Longest first. */
  readonly localPaths: readonly (readonly [path: string, word: string])[]
}

type BuildDeps = Pick<Deps, 'fs' | 'spawn' | 'env' | 'now' | 'randomBytes' | 'log'>

// The umask is the one thing of a process that no variable says; outputs must not depend on who builds.
const SHELL = 'umask 022 && exec sh -c "$1"'

/**
 * Runs a build under observation: git is asked before and after, lockfiles are hashed before, outputs after. The command
 * sees the variables of `buildEnvironment` and no others. Throws `build-failed` (exit code, or no output), `source-dirty`
 * when the build changed what git tracks or left files that it does not ignore, `config-invalid`, `timeout`, `usage` when
 * the output directory is not empty.
 */
export async function recordBuild(deps: BuildDeps, request: BuildRequest): Promise<BuildRecord> {
  try {
    return await observe(deps, request)
  } catch (error) {
    throw asTallyError(error, request.projectDir)
  }
}

async function observe(deps: BuildDeps, request: BuildRequest): Promise<BuildRecord> {
  for (const pattern of request.outputs) parseOutputPattern(pattern)
  const before = await gitFacts(deps, request.projectDir)
  const environment = buildEnvironment(deps.env, {
    declared: request.env,
    outDir: request.outDir,
    node: process.execPath,
    ...(before.present ? { commitTime: before.commitTime } : {}),
  })
  for (const name of environment.withheld)
    deps.log('warn', `${name} holds credentials and is kept from the build; name it under \`build.env\` to let it through`)
  const lockfiles = await readLockfiles(deps, request.projectDir, request.lockfiles ?? [])
  await makeEmpty(deps, request.outDir)

  const startedAt = deps.now().toISOString()
  const exitCode = await runCommand(deps, request, environment)
  const finishedAt = deps.now().toISOString()

  const after = await gitFacts(deps, request.projectDir)
  refuseChangedSource(before, after)
  return {
    command: request.run,
    declaredOutputs: request.outputs,
    declaredEnv: request.env,
    envNames: environment.names,
    startedAt,
    finishedAt,
    exitCode,
    before,
    after,
    lockfiles,
    outputs: await collectOutputs(deps, request.outDir, request.outputs),
    platform: { os: process.platform, architecture: process.arch },
    invocationId: toHex(deps.randomBytes(16)),
    localPaths: localPathsOf(request, deps.env['HOME']),
  }
}

async function makeEmpty(deps: BuildDeps, outDir: string): Promise<void> {
  try {
    await deps.fs.mkdir(outDir, { recursive: true })
    if ((await deps.fs.readdir(outDir)).length === 0) return
  } catch (error) {
    throw asTallyError(error, outDir)
  }
  throw fail('usage', 'is not empty, so what lies there could pass for an output', { where: outDir })
}

async function runCommand(deps: BuildDeps, request: BuildRequest, environment: BuildEnvironment): Promise<number> {
  const tail = keepTail()
  const { exitCode } = await deps.spawn('sh', ['-c', SHELL, 'sh', request.run], {
    cwd: request.projectDir,
    env: environment.env,
    maxOutput: 0,
    timeoutMs: LIMITS.buildMs,
    onOutput: (stream, bytes) => {
      tail.add(bytes)
      request.onOutput?.(stream, bytes)
    },
  })
  if (exitCode === 0) return exitCode
  const said = tail.lastLines(request.env.map((name) => environment.env[name] ?? ''))
  throw fail(
    'build-failed',
    `the command ended with exit code ${exitCode}${said === '' ? ' and said nothing' : `; it last said: ${said}`}`,
    { where: 'build.run' },
  )
}

/** A build that changes its own source makes an artifact no commit describes. Pure. */
export function refuseChangedSource(before: GitFacts, after: GitFacts): void {
  if (!before.present || !after.present) {
    if (before.present === after.present) return
    throw fail('source-dirty', 'the build made or removed the git repository it runs in')
  }
  if (before.commit !== after.commit)
    throw fail('source-dirty', `the commit changed from ${before.commit} to ${after.commit} during the build`)
  const known = new Set(before.changed)
  const changed = after.changed.filter((path) => !known.has(path))
  if (changed.length === 0) return
  const shown = changed.slice(0, 5).join(', ') + (changed.length > 5 ? ` and ${changed.length - 5} more` : '')
  throw fail('source-dirty', `the build changed files of its source, or left files there that git does not ignore: ${shown}`, {
    where: changed[0] ?? '',
    hint: 'let it write to "$TALLY_OUT" or to ignored files only; `git diff` shows what it did',
  })
}

function localPathsOf(request: BuildRequest, home: string | undefined): BuildRecord['localPaths'] {
  const paths: (readonly [string, string])[] = [
    [request.outDir, '$TALLY_OUT'],
    [request.projectDir, '.'],
    ...(home === undefined || home.length < 2 ? [] : [[home, '$HOME'] as const]),
  ]
  return paths.toSorted(([a], [b]) => b.length - a.length)
}
