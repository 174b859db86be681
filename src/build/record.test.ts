import * as fs from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { utf8 } from '../kernel/bytes.ts'
import { digestOf } from '../kernel/digest.ts'
import { buildDeps, makeProject } from './project-for-tests.ts'
import type { TestProject } from './project-for-tests.ts'
import { refuseChangedSource, recordBuild } from './record.ts'
import type { BuildRecord, BuildRequest } from './record.ts'

const FILES = { 'a.txt': 'a\n', 'package-lock.json': '{}\n', '.gitignore': 'dist/\n' }

function build(
  project: TestProject,
  run: string,
  more: Partial<BuildRequest> = {},
  env: Readonly<Record<string, string>> = {},
): Promise<BuildRecord> {
  return recordBuild(buildDeps(env), {
    projectDir: project.dir,
    run,
    env: [],
    outputs: ['$TALLY_OUT/*'],
    outDir: join(project.beside, 'out'),
    ...more,
  })
}

describe('a build that succeeds', () => {
  test('is recorded: command, times, git before and after, lockfiles, outputs', async () => {
    await using project = await makeProject(FILES)
    const record = await build(project, 'cat a.txt > "$TALLY_OUT/out.txt"; mkdir -p dist; echo ignored > dist/x')
    const commit = (await project.git('rev-parse', 'HEAD')).trim()
    expect(record).toMatchObject({
      exitCode: 0,
      before: { present: true, commit, dirty: false },
      after: { present: true, commit, dirty: false },
      lockfiles: [{ path: 'package-lock.json', digest: digestOf(utf8('{}\n')) }],
      outputs: [{ name: 'out.txt', digest: digestOf(utf8('a\n')), size: 2 }],
      invocationId: expect.stringMatching(/^[0-9a-f]{32}$/) as unknown,
    })
    expect(Date.parse(record.finishedAt)).toBeGreaterThanOrEqual(Date.parse(record.startedAt))
  })

  test('runs in the project, with the time of the commit and modes of its own, its output passed on as it comes', async () => {
    await using project = await makeProject(FILES)
    const said: string[] = []
    const before = process.umask(0o077)
    try {
      await build(project, 'pwd; echo "$SOURCE_DATE_EPOCH" >&2; touch "$TALLY_OUT/x"', {
        onOutput: (stream, bytes) => said.push(`${stream}: ${Buffer.from(bytes).toString()}`),
      })
    } finally {
      process.umask(before)
    }
    expect(said.toSorted()).toEqual([`stderr: 1772600767\n`, `stdout: ${project.dir}\n`])
    expect((await fs.stat(join(project.beside, 'out/x'))).mode & 0o777).toBe(0o644)
  })

  test('a secret variable is not there for it to read', async () => {
    await using project = await makeProject(FILES)
    const secrets = {
      AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG',
      NPM_TOKEN: 'npm_secret',
      TALLY_KEY_PASSPHRASE: 'hunter2',
      MY_FLAG: 'on',
    }
    const record = await build(
      project,
      'env > "$TALLY_OUT/env.txt"; printf %s "$AWS_SECRET_ACCESS_KEY" > "$TALLY_OUT/key.txt"',
      { env: ['MY_FLAG'] },
      secrets,
    )
    const seen = await fs.readFile(join(project.beside, 'out/env.txt'), 'utf8')
    for (const secret of ['wJalrXUtnFEMI/K7MDENG', 'npm_secret', 'hunter2', 'AWS_SECRET_ACCESS_KEY']) expect(seen).not.toContain(secret)
    expect(seen).toContain('MY_FLAG=on')
    expect(await fs.readFile(join(project.beside, 'out/key.txt'), 'utf8')).toBe('')
    expect(record.envNames).toEqual(['HOME', 'MY_FLAG', 'PATH', 'SOURCE_DATE_EPOCH', 'TALLY_NODE', 'TALLY_OUT'])
    expect(JSON.stringify(record)).not.toContain('wJalrXUtnFEMI')
  })

  test('in a project without git', async () => {
    await using project = await makeProject(FILES)
    await fs.rm(join(project.dir, '.git'), { recursive: true })
    const record = await build(
      project,
      'touch "$TALLY_OUT/x"; test -z "$SOURCE_DATE_EPOCH"',
      {},
      { GIT_CEILING_DIRECTORIES: project.beside },
    )
    expect(record).toMatchObject({ before: { present: false }, after: { present: false } })
  })

  test('in a tree that was dirty before it, which is told', async () => {
    await using project = await makeProject(FILES)
    await project.write('new.txt', '')
    expect(await build(project, 'touch "$TALLY_OUT/x"')).toMatchObject({
      before: { dirty: true, changed: ['new.txt'] },
      after: { dirty: true },
    })
  })
})

describe('a build that fails', () => {
  test('by its exit code: the last it said, redacted, on one line', async () => {
    await using project = await makeProject(FILES)
    const run =
      'echo first; echo; echo "pulling https://ada:hunter2@registry.example/x" >&2; printf "\\033[31mred\\n"; echo "flag is $MY_SECRET"; exit 3'
    const failure = build(project, run, { env: ['MY_SECRET'] }, { MY_SECRET: 'let-through-value' })
    await expect(failure).rejects.toMatchObject({
      code: 'build-failed',
      where: 'build.run',
      message: expect.stringMatching(/^the command ended with exit code 3; it last said: /) as unknown,
    })
    const { message } = (await failure.catch((error: unknown) => error)) as Error
    expect(message).toContain('https://[redacted]@registry.example/x')
    expect(message).toContain('flag is [redacted]')
    expect(message).toContain('\\u{1b}[31mred')
    // oxlint-disable-next-line no-control-regex
    expect(message).not.toMatch(/hunter2|let-through-value|[\u0000-\u001f]/)
  })

  test.each([
    ['exit 1', /exit code 1 and said nothing/],
    ['kill -9 $$', /exit code 137/],
    ['this-is-no-command', /exit code 127.*not found/],
    ['echo ${', /exit code 2/],
  ])('%s', async (run, message) => {
    await using project = await makeProject(FILES)
    await expect(build(project, run)).rejects.toMatchObject({ code: 'build-failed', message: expect.stringMatching(message) as unknown })
  })

  test('of much output only the end is kept', async () => {
    await using project = await makeProject(FILES)
    const failure = build(project, 'i=0; while [ $i -lt 20000 ]; do echo "line $i"; i=$((i+1)); done; exit 1')
    await expect(failure).rejects.toMatchObject({
      message: expect.stringMatching(/line 19996 \| line 19997 \| line 19998 \| line 19999$/) as unknown,
    })
  })

  test('by making nothing', async () => {
    await using project = await makeProject(FILES)
    await expect(build(project, 'true')).rejects.toMatchObject({ code: 'build-failed', where: '$TALLY_OUT/*' })
  })

  test('by leaving a link to a file it might change later', async () => {
    await using project = await makeProject(FILES)
    await expect(build(project, 'ln -s "$PWD/a.txt" "$TALLY_OUT/x"')).rejects.toMatchObject({ code: 'build-failed', where: 'x' })
  })
})

describe('a build that changes its own source', () => {
  test.each([
    ['rewrites a tracked file', 'echo b > a.txt', /: a\.txt$/],
    ['rewrites its lockfile', 'echo "{ }" > package-lock.json', /: package-lock\.json$/],
    ['removes a tracked file', 'rm a.txt', /: a\.txt$/],
    ['leaves a file that git does not ignore', 'touch left.txt', /: left\.txt$/],
    ['leaves many', 'touch 1 2 3 4 5 6 7', /: 1, 2, 3, 4, 5 and 2 more$/],
    ['commits', 'git -c user.name=x -c user.email=x@x commit -q --allow-empty -m x', /commit changed from/],
    ['hides its change from git', 'git update-index --assume-unchanged a.txt; echo b > a.txt', /: a\.txt$/],
  ])('%s: the files are named', async (_, run, message) => {
    await using project = await makeProject(FILES)
    const failure = build(project, `${run}; touch "$TALLY_OUT/x"`)
    await expect(failure).rejects.toMatchObject({ code: 'source-dirty', message: expect.stringMatching(message) as unknown })
  })

  test('in a tree that was dirty before: only what the build did is named', async () => {
    await using project = await makeProject(FILES)
    await project.write('a.txt', 'changed\n')
    await expect(build(project, 'echo x > package-lock.json; touch "$TALLY_OUT/x"')).rejects.toMatchObject({
      code: 'source-dirty',
      message: expect.stringMatching(/: package-lock\.json$/) as unknown,
    })
  })

  test('a repository that comes or goes', () => {
    const there = { present: true, commit: 'c', tree: 't', commitTime: '', dirty: false, changed: [], files: [] } as const
    const gone = { present: false, why: 'no git repository' } as const
    expect(() => refuseChangedSource(there, gone)).toThrow(expect.objectContaining({ code: 'source-dirty' }))
    expect(() => refuseChangedSource(gone, there)).toThrow(expect.objectContaining({ code: 'source-dirty' }))
    refuseChangedSource(gone, gone)
    refuseChangedSource(there, there)
  })
})

describe('a request that cannot be met runs nothing', () => {
  test.each<[string, Partial<BuildRequest>, string]>([
    ['an output elsewhere', { outputs: ['dist/*'] }, 'config-invalid'],
    ['a variable that opens our keys', { env: ['TALLY_KEY_PASSPHRASE'] }, 'config-invalid'],
    ['a lockfile that is not there', { lockfiles: ['yarn.lock'] }, 'config-invalid'],
    ['a lockfile outside', { lockfiles: ['../package-lock.json'] }, 'config-invalid'],
    ['an absolute lockfile', { lockfiles: ['/etc/passwd'] }, 'config-invalid'],
    ['a project that is not there', { projectDir: '/nowhere/at/all' }, 'not-found'],
  ])('%s', async (_, more, code) => {
    await using project = await makeProject(FILES)
    const mark = join(project.beside, 'ran')
    await expect(build(project, `touch '${mark}' "$TALLY_OUT/x"`, more)).rejects.toMatchObject({ code })
    expect(await fs.readdir(project.beside)).not.toContain('ran')
  })

  test('an output directory in which something lies already', async () => {
    await using project = await makeProject(FILES)
    await fs.mkdir(join(project.beside, 'out'))
    await fs.writeFile(join(project.beside, 'out/stale.tgz'), '')
    await expect(build(project, 'true')).rejects.toMatchObject({ code: 'usage' })
  })
})
