import { mkdtemp, mkdir, readdir, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { fail } from '../kernel/errors.ts'
import { gitFacts } from './git-facts.ts'
import type { GitFacts } from './git-facts.ts'
import { COMMIT_TIME, buildDeps, makeProject, runGit } from './project-for-tests.ts'

type Present = Extract<GitFacts, { present: true }>

async function factsOf(dir: string, env: Readonly<Record<string, string>> = {}): Promise<Present> {
  const facts = await gitFacts(buildDeps(env), dir)
  if (!facts.present) throw new Error(facts.why)
  return facts
}

describe('what is there', () => {
  test('commit, tree, time, branch and files of a clean project', async () => {
    await using project = await makeProject({ 'a.txt': 'a', 'src/b c.txt': 'b', 'ü.txt': 'u' })
    const facts = await factsOf(project.dir)
    expect(facts).toEqual({
      present: true,
      commit: (await project.git('rev-parse', 'HEAD')).trim(),
      tree: (await project.git('rev-parse', 'HEAD^{tree}')).trim(),
      commitTime: COMMIT_TIME,
      branch: 'main',
      dirty: false,
      changed: [],
      files: ['a.txt', 'src/b c.txt', 'ü.txt'],
    })
  })

  test('a detached head has no branch', async () => {
    await using project = await makeProject()
    await project.git('checkout', '--quiet', '--detach')
    expect(await factsOf(project.dir)).not.toHaveProperty('branch')
  })

  test('a project in a directory of a repository: its own files, and the changes of all', async () => {
    await using project = await makeProject({ 'app/a.txt': 'a', 'other/b.txt': 'b' })
    await project.write('other/b.txt', 'changed')
    expect(await factsOf(join(project.dir, 'app'))).toMatchObject({ files: ['a.txt'], changed: ['other/b.txt'], dirty: true })
  })

  test('the answer does not depend on a git that called us', async () => {
    await using project = await makeProject()
    await using other = await makeProject({ 'other.txt': 'other' })
    const misleading = { GIT_DIR: join(other.dir, '.git'), GIT_WORK_TREE: other.dir, GIT_INDEX_FILE: '/nowhere', LC_ALL: 'tr_TR.UTF-8' }
    expect(await factsOf(project.dir, misleading)).toEqual(await factsOf(project.dir))
  })
})

describe('what is not there is an answer', () => {
  test('no repository', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'tally-'))
    expect(await gitFacts(buildDeps({ GIT_CEILING_DIRECTORIES: tmpdir() }), dir)).toEqual({ present: false, why: 'no git repository' })
    await rm(dir, { recursive: true })
  })

  test('no commit', async () => {
    await using project = await makeProject()
    await rm(join(project.dir, '.git'), { recursive: true })
    await project.git('init', '--quiet')
    expect(await gitFacts(buildDeps(), project.dir)).toEqual({ present: false, why: 'no commit yet' })
  })

  test('no git', async () => {
    await using project = await makeProject()
    const deps = { ...buildDeps(), spawn: () => Promise.reject(fail('tool-missing', '`git` is not installed', { where: 'git' })) }
    expect(await gitFacts(deps, project.dir)).toEqual({ present: false, why: 'no git program' })
  })

  test('a repository that says its work tree is elsewhere says nothing here', async () => {
    await using project = await makeProject()
    await using other = await makeProject()
    await project.git('config', 'core.worktree', other.dir)
    expect(await gitFacts(buildDeps(), project.dir)).toMatchObject({ present: false })
  })
})

describe('dirty', () => {
  test.each<[string, readonly string[], (project: Awaited<ReturnType<typeof makeProject>>) => Promise<unknown>]>([
    ['a tracked file that changed', ['a.txt'], (project) => project.write('a.txt', 'changed')],
    ['a change that is staged', ['a.txt'], (project) => project.write('a.txt', 'changed').then(() => project.git('add', 'a.txt'))],
    ['a tracked file that is gone', ['a.txt'], (project) => rm(join(project.dir, 'a.txt'))],
    [
      'a tracked file that became a link',
      ['a.txt'],
      (project) => rm(join(project.dir, 'a.txt')).then(() => symlink('b.txt', join(project.dir, 'a.txt'))),
    ],
    ['a file that is new', ['d/new\nfile.txt'], (project) => project.write('d/new\nfile.txt', '')],
    ['a file that is renamed', ['a.txt', 'z.txt'], (project) => project.git('mv', 'a.txt', 'z.txt')],
    [
      'a repository inside that is not tracked',
      ['inner/'],
      (project) => project.git('init', '--quiet', 'inner').then(() => project.write('inner/x', 'x')),
    ],
    [
      'a change that git was told not to see',
      ['a.txt'],
      (project) => project.git('update-index', '--assume-unchanged', 'a.txt').then(() => project.write('a.txt', 'changed')),
    ],
    [
      'a change under skip-worktree',
      ['a.txt'],
      (project) => project.git('update-index', '--skip-worktree', 'a.txt').then(() => project.write('a.txt', 'changed')),
    ],
    [
      'a new file though the repository hides them',
      ['new.txt'],
      (project) => project.git('config', 'status.showUntrackedFiles', 'no').then(() => project.write('new.txt', '')),
    ],
    [
      'a change though the repository does not look at file times',
      ['a.txt'],
      (project) => project.git('config', 'core.ignoreStat', 'true').then(() => project.write('a.txt', 'changed')),
    ],
  ])('%s', async (_, changed, change) => {
    await using project = await makeProject({ 'a.txt': 'a\n', 'b.txt': 'b\n' })
    expect((await factsOf(project.dir)).dirty).toBe(false)
    await change(project)
    expect(await factsOf(project.dir)).toMatchObject({ dirty: true, changed })
  })

  test('ignored files do not make it dirty, and are not among its files', async () => {
    await using project = await makeProject({ '.gitignore': 'dist/\n', 'a.txt': 'a' })
    await project.write('dist/out.js', '')
    expect(await factsOf(project.dir)).toMatchObject({ dirty: false, files: ['.gitignore', 'a.txt'] })
  })

  test('new files are among its files, deleted ones are not', async () => {
    await using project = await makeProject({ 'a.txt': 'a', 'b.txt': 'b' })
    await project.write('c.txt', 'c')
    await rm(join(project.dir, 'a.txt'))
    expect((await factsOf(project.dir)).files).toEqual(['b.txt', 'c.txt'])
  })

  test('a sparse checkout is clean, and has the files that are there', async () => {
    await using project = await makeProject({ 'a/a.txt': 'a', 'b/b.txt': 'b' })
    await project.git('sparse-checkout', 'set', 'a')
    expect(await readdir(project.dir)).toEqual(['.git', 'a'])
    expect(await factsOf(project.dir)).toMatchObject({ dirty: false, files: ['a/a.txt'] })
  })

  test('a change inside a submodule, and a submodule at another commit', async () => {
    await using library = await makeProject({ 'lib.txt': 'lib' })
    await using project = await makeProject()
    await project.git('submodule', '--quiet', 'add', library.dir, 'lib')
    await project.git('commit', '--quiet', '--all', '--message=second')
    expect(await factsOf(project.dir)).toMatchObject({ dirty: false, files: ['.gitmodules', 'a.txt', 'lib/lib.txt'] })
    await project.write('lib/lib.txt', 'changed')
    expect(await factsOf(project.dir)).toMatchObject({ changed: ['lib/lib.txt'] })
    await runGit(join(project.dir, 'lib'), 'commit', '--quiet', '--all', '--message=moved')
    expect(await factsOf(project.dir)).toMatchObject({ changed: ['lib'] })
    await project.git('config', '--file=.gitmodules', 'submodule.lib.ignore', 'all')
    expect((await factsOf(project.dir)).changed).toEqual(['.gitmodules', 'lib'])
  })
})

describe('looking runs no code of the project', () => {
  /** A repository whose every door for a program leads to one that leaves a mark. */
  async function booby(): Promise<{ project: Awaited<ReturnType<typeof makeProject>>; marks: () => Promise<readonly string[]> }> {
    const project = await makeProject({
      'a.txt': 'a\n',
      '.gitattributes': '*.txt filter=trap\n*.bin filter=trap2\n*.dat filter="tr ap"\n',
      'b.bin': 'b\n',
    })
    const marks = join(project.beside, 'marks')
    await mkdir(marks)
    const program = (name: string): string => `touch '${join(marks, name)}'; cat`
    const settings: Record<string, string> = {
      'core.fsmonitor': program('fsmonitor'),
      'core.hooksPath': join(project.beside, 'hooks'),
      'core.sshCommand': program('ssh'),
      'core.pager': program('pager'),
      'core.editor': program('editor'),
      'core.askPass': program('askpass'),
      'diff.external': program('diff'),
      'filter.trap.clean': program('clean'),
      'filter.trap.smudge': program('smudge'),
      'filter.trap.required': 'true',
      'filter.trap2.process': program('process'),
      'filter.trap2.required': 'true',
      'gpg.program': program('gpg'),
      'log.showSignature': 'true',
      'alias.status': `!${program('alias')}`,
      'credential.helper': `!${program('credential')}`,
      'protocol.ext.allow': 'always',
      'remote.origin.url': `ext::sh -c ${program('transport')}`,
      'remote.origin.promisor': 'true',
      'extensions.partialClone': 'origin',
    }
    for (const [key, value] of Object.entries(settings)) await project.git('config', key, value)
    await mkdir(join(project.beside, 'hooks'))
    for (const hook of ['post-index-change', 'pre-auto-gc', 'reference-transaction', 'query-watchman', 'post-checkout']) {
      await writeFile(join(project.beside, 'hooks', hook), `#!/bin/sh\n${program(`hook-${hook}`)}`, { mode: 0o755 })
    }
    return { project, marks: () => readdir(marks) }
  }

  test('no monitor, hook, filter, pager, alias, transport or signature program', async () => {
    const { project, marks } = await booby()
    await using _ = project
    // Same length, so that git has to read and filter the file to know.
    await project.write('a.txt', 'x\n')
    await project.write('b.bin', 'x\n')
    expect(await factsOf(project.dir)).toMatchObject({ dirty: true, changed: ['a.txt', 'b.bin'] })
    expect(await marks()).toEqual([])
    // The same repository looked at by git alone springs the traps: the test can fail.
    await project.git('status', '--short').catch(() => undefined)
    expect(await marks()).toEqual(expect.arrayContaining(['clean', 'fsmonitor']))
  })

  test('nor those of a submodule', async () => {
    await using library = await makeProject({ 'lib.txt': 'lib\n', '.gitattributes': '*.txt filter=trap\n' })
    await using project = await makeProject()
    await project.git('submodule', '--quiet', 'add', library.dir, 'lib')
    await project.git('commit', '--quiet', '--all', '--message=second')
    const mark = join(project.beside, 'mark')
    await runGit(join(project.dir, 'lib'), 'config', 'filter.trap.clean', `touch '${mark}'; cat`)
    await project.write('lib/lib.txt', 'xxx\n')
    expect(await factsOf(project.dir)).toMatchObject({ changed: ['lib/lib.txt'] })
    expect(await readdir(project.beside)).toEqual(['project'])
  })

  test("a filter of the user's own configuration still works: it is theirs", async () => {
    await using project = await makeProject({ 'a.txt': 'a\n', '.gitattributes': '*.txt filter=shout\n' })
    const config = join(project.beside, 'gitconfig')
    await writeFile(config, '[filter "shout"]\n\tclean = tr A-Z a-z\n')
    await project.write('a.txt', 'A\n')
    expect(await factsOf(project.dir, { GIT_CONFIG_GLOBAL: config })).toMatchObject({ dirty: false })
  })

  test('nothing is written to the repository', async () => {
    await using project = await makeProject()
    const list = async () => (await readdir(join(project.dir, '.git'), { recursive: true })).toSorted()
    const before = await list()
    await project.write('a.txt', 'b\n')
    await factsOf(project.dir)
    expect(await list()).toEqual(before)
  })
})

test('a repository of somebody else that git does not trust is told as such', async () => {
  await using project = await makeProject()
  const deps = buildDeps()
  const refusing = {
    ...deps,
    spawn: () =>
      Promise.resolve({
        exitCode: 128,
        stdout: new Uint8Array(0),
        stderr: Buffer.from("fatal: detected dubious ownership in repository at '/x'\n"),
      }),
  }
  expect(await gitFacts(refusing, project.dir)).toEqual({ present: false, why: 'git does not trust the repository' })
})

test('a path through a link is the same project', async () => {
  await using project = await makeProject()
  const link = join(project.beside, 'link')
  await symlink(project.dir, link)
  expect(await factsOf(link)).toEqual(await factsOf(await realpath(project.dir)))
})

test.each([
  ['https://user:token@git.example/o/r.git', 'https://git.example/o/r.git'],
  ['https://git.example/o/r.git?token=x#y', 'https://git.example/o/r.git'],
  ['git@git.example:o/r.git', 'ssh://git.example/o/r.git'],
  ['ssh://git@git.example:2222/o/r', 'ssh://git.example:2222/o/r'],
  ['/srv/git/r.git', undefined],
  ['../r', undefined],
  ['file:///srv/git/r.git', undefined],
  ['C:/git/r', undefined],
  ['C:\\git\\r', undefined],
  ['ext::sh -c touch% /tmp/x', undefined],
])('origin %s is written as %s', async (url, remote) => {
  await using project = await makeProject()
  await project.git('config', 'remote.origin.url', url)
  expect((await factsOf(project.dir)).remote).toBe(remote)
})
