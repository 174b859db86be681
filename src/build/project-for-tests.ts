import { execFile } from 'node:child_process'
import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Deps } from '../kernel/deps.ts'
import { systemDeps } from '../kernel/system.ts'

const run = promisify(execFile)

/** A git repository of its own in a temporary directory, removed at the end of its scope. */
export type TestProject = AsyncDisposable & {
  readonly dir: string
  /** A directory beside the project, for outputs and whatever must not be in it. */
  readonly beside: string
  readonly git: (...args: readonly string[]) => Promise<string>
  readonly write: (path: string, text: string) => Promise<void>
}

export const COMMIT_TIME = '2026-03-04T05:06:07Z'

/** Makes a project of the given files, committed at COMMIT_TIME on branch `main`. */
export async function makeProject(files: Readonly<Record<string, string>> = { 'a.txt': 'a\n' }): Promise<TestProject> {
  const top = await fs.realpath(await fs.mkdtemp(join(tmpdir(), 'tally-build-')))
  const dir = join(top, 'project')
  await fs.mkdir(dir)
  const project: TestProject = {
    dir,
    beside: top,
    git: (...args) => runGit(dir, ...args),
    write: async (path, text) => {
      await fs.mkdir(dirname(join(dir, path)), { recursive: true })
      await fs.writeFile(join(dir, path), text)
    },
    [Symbol.asyncDispose]: () => fs.rm(top, { recursive: true, force: true }),
  }
  await project.git('init', '--quiet', '--initial-branch=main')
  for (const [path, text] of Object.entries(files)) await project.write(path, text)
  await project.git('add', '--all')
  await project.git('commit', '--quiet', '--message=first', '--allow-empty')
  return project
}

/** Runs git as nobody in particular, with the configuration of no user. */
export async function runGit(dir: string, ...args: readonly string[]): Promise<string> {
  const person = { NAME: 'Ada', EMAIL: 'ada@example.com', DATE: '2026-03-04T06:06:07+01:00' }
  const env = Object.fromEntries(
    Object.entries(person).flatMap(([key, value]) => [
      [`GIT_AUTHOR_${key}`, value],
      [`GIT_COMMITTER_${key}`, value],
    ]),
  )
  const { stdout } = await run('git', ['-c', 'protocol.file.allow=always', ...args], {
    cwd: dir,
    env: { ...process.env, ...QUIET_GIT, ...env },
  })
  return stdout
}

const QUIET_GIT = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' }

/** The real world, with an environment of the test's making beside PATH and HOME. */
export function buildDeps(env: Readonly<Record<string, string>> = {}): Deps {
  const deps = systemDeps({ log: () => undefined, signal: new AbortController().signal })
  return { ...deps, env: { PATH: process.env['PATH'], HOME: '/nowhere', ...QUIET_GIT, ...env } }
}
