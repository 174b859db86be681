import { createServer } from 'node:net'
import { once } from 'node:events'
import { spawn } from 'node:child_process'
import { chmod, chown, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { ErrorCode } from '../../src/kernel/errors.ts'
import { ERROR_TABLE } from '../../src/kernel/errors.ts'
import { generateKey, exportPrivateKey } from '../../src/trust/keys.ts'
import { MAIN, runProgram, runTally } from '../support/run-tally.ts'
import type { Said } from '../support/run-tally.ts'
import { REPOSITORY, makeSample, tallyYaml } from '../support/sample-project.ts'
import type { SampleProject, YamlParts } from '../support/sample-project.ts'
import { shipInside } from '../support/ship-inside.ts'
import { filesBelow, pathsBelow } from '../support/snapshots.ts'

// What goes wrong: one clear line (what, where, why), one line of help, the exit code of the table, nothing half done.

type BadDay = {
  readonly what: string
  readonly yaml?: Partial<YamlParts>
  readonly files?: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
  readonly words?: readonly string[]
  readonly arrange?: (project: SampleProject) => Promise<unknown>
  readonly code: ErrorCode
  /** The error line behind its code: place and reason. */
  readonly says: RegExp
  /** What mends it; then the same project ships. */
  readonly mend?: (project: SampleProject) => Promise<unknown>
}

const PRIVATE_KEY = exportPrivateKey(generateKey('ecdsa-p256'), 'the right one')

const BAD_DAYS: readonly BadDay[] = [
  {
    what: 'the check finds something at the level that fails',
    files: { Dockerfile: `FROM registry.example/base@sha256:${'5a'.repeat(32)}\nUSER root\n` },
    code: 'findings',
    says: /1 finding at or above `high`$/,
    mend: async (project) => {
      await project.write('Dockerfile', `FROM registry.example/base@sha256:${'5a'.repeat(32)}\nUSER 10001:10001\n`)
      await project.commit()
    },
  },
  {
    what: 'the build fails',
    yaml: { run: `'echo "greet.sh: no such tune" >&2; exit 3'` },
    code: 'build-failed',
    says: /^build\.run: the command ended with exit code 3; it last said: greet\.sh: no such tune$/,
    mend: async (project) => {
      await project.write('tally.yaml', tallyYaml())
      await project.commit()
    },
  },
  {
    what: 'the build makes nothing that was promised',
    yaml: { run: `'true'` },
    code: 'build-failed',
    says: /\$TALLY_OUT\/greet/,
  },
  {
    what: 'the build makes two files where one is shipped',
    yaml: { run: `'cp greet.sh "$TALLY_OUT/greet.1" && cp greet.sh "$TALLY_OUT/greet.2"'`, output: '$TALLY_OUT/greet.*' },
    code: 'build-failed',
    says: /^greet\.1, greet\.2: made 2 files that match `build\.outputs` where one is shipped$/,
  },
  {
    what: 'the build rewrites a tracked file',
    yaml: { run: `'echo "# built" >> greet.sh && cp greet.sh "$TALLY_OUT/greet"'` },
    code: 'source-dirty',
    says: /^greet\.sh: the build changed files of its source, or left files there that git does not ignore: greet\.sh$/,
  },
  {
    what: 'the build leaves a file that git does not ignore',
    yaml: { run: `'cp greet.sh greet.out && cp greet.sh "$TALLY_OUT/greet"'` },
    code: 'source-dirty',
    says: /^greet\.out: the build changed files of its source, or left files there that git does not ignore: greet\.out$/,
  },
  {
    what: 'the build asks for a variable no build may see',
    yaml: { env: '[TALLY_KEY_PASSPHRASE]' },
    code: 'config-invalid',
    says: /^build\.env: asks for TALLY_KEY_PASSPHRASE, which no build may see$/,
  },
  {
    what: 'the passphrase is wrong',
    yaml: { key: 'file:../team.pem' },
    env: { TALLY_KEY_PASSPHRASE: 'the wrong one' },
    arrange: (project) => writeFile(join(project.beside, 'team.pem'), PRIVATE_KEY, { mode: 0o600 }),
    code: 'passphrase-wrong',
    says: /^\.\.\/team\.pem: does not open with the passphrase from TALLY_KEY_PASSPHRASE$/,
  },
  {
    what: 'there is no passphrase, and nobody at the terminal',
    yaml: { key: 'file:../team.pem' },
    arrange: (project) => writeFile(join(project.beside, 'team.pem'), PRIVATE_KEY, { mode: 0o600 }),
    code: 'passphrase-missing',
    says: /^\.\.\/team\.pem: /,
  },
  {
    what: 'there is no tally.yaml',
    arrange: (project) => project.git('rm', '--quiet', 'tally.yaml'),
    code: 'not-a-project',
    says: /project: has no tally\.yaml, and nor has a directory above it$/,
  },
  {
    what: 'tally.yaml has a field nobody knows',
    yaml: { failOn: 'high, faill-on: low' },
    code: 'config-invalid',
    says: /^tally\.yaml:3:\d+: .*faill-on/,
  },
  {
    what: 'the policy has a field nobody knows',
    files: { 'policy/prod.yaml': 'version: 1\nname: prod\nrequire:\n  signature: { from: [this-machine], form: letter }\n' },
    code: 'policy-invalid',
    says: /^policy\/prod\.yaml:4:\d+: .*form/,
  },
  {
    what: 'the policy is not there',
    arrange: (project) => project.git('rm', '--quiet', 'policy/prod.yaml'),
    code: 'not-found',
    says: /policy\/prod\.yaml: /,
  },
  {
    what: 'an environment that does not exist',
    words: ['--to', 'stage'],
    code: 'config-invalid',
    says: /^tally\.yaml: there is no environment `stage`$/,
  },
  {
    what: 'a registry that does not answer',
    yaml: { environments: '{ dev: { registry: "127.0.0.1:9/greet" } }' },
    code: 'network',
    says: /127\.0\.0\.1:9/,
  },
  {
    what: 'a registry, and no network is allowed',
    yaml: { environments: '{ dev: { registry: registry.example/greet } }' },
    words: ['--offline'],
    code: 'offline',
    says: /registry\.example/,
  },
]

describe('ship', () => {
  test.concurrent.each(BAD_DAYS)('$what: $code', { timeout: 120_000 }, async (day) => {
    const { yaml, files } = day
    await using project = await makeSample({ ...(yaml === undefined ? {} : { yaml }), ...(files === undefined ? {} : { files }) })
    await day.arrange?.(project)
    const said = await runTally({ ...project, env: { ...project.env, ...day.env } }, 'ship', ...(day.words ?? []))
    expectOneClearError(said, day.code, day.says)
    expect(said.stdout).toBe('')
    await expectNothingPublished(project)
    if (day.mend === undefined) return
    await day.mend(project)
    expect((await shipInside(project)).receipt.reached).toBe('prod')
  })

  test('a build that looks for secrets of whoever ships sees none', async () => {
    const run = `'printf "%s" "[$MY_TOKEN][$TALLY_KEY_PASSPHRASE][$COSIGN_PASSWORD][$AWS_SECRET_ACCESS_KEY]" > "$TALLY_OUT/greet"; env >> "$TALLY_OUT/greet"'`
    await using project = await makeSample({ yaml: { run } })
    const secrets = { MY_TOKEN: 'hush-1', TALLY_KEY_PASSPHRASE: 'hush-2', COSIGN_PASSWORD: 'hush-3', AWS_SECRET_ACCESS_KEY: 'hush-4' }
    const said = await runTally({ ...project, env: { ...project.env, ...secrets } }, 'ship', '--format', 'json')
    expect(said.exitCode).toBe(0)
    const seen = await readFile((JSON.parse(said.stdout) as { artifact: { path: string } }).artifact.path, 'utf8')
    expect(seen).toMatch(/^\[\]\[\]\[\]\[\]/)
    expect(seen).toContain('TALLY_OUT=')
    expect(seen).not.toContain('hush')
    const kept = Object.keys(await filesBelow(project.dataDir))
    const texts = await Promise.all(kept.map((path) => readFile(join(project.dataDir, path), 'latin1')))
    expect(texts.filter((text) => text.includes('hush'))).toEqual([])
    // Asked for by name it is let through; its name is in the provenance, its value nowhere.
    await project.write('tally.yaml', tallyYaml({ run, env: '[MY_TOKEN]' }))
    await project.commit()
    const asked = await runTally({ ...project, env: { ...project.env, ...secrets } }, 'ship', '--format', 'json')
    const { artifact } = JSON.parse(asked.stdout) as { artifact: { path: string } }
    expect(await readFile(artifact.path, 'utf8')).toMatch(/^\[hush-1\]\[\]\[\]\[\]/)
  })

  test('a waiver that has ended does not hold, and says so; one that has not lets it through, in plain sight', async () => {
    const policy = await readFile(join(REPOSITORY, 'policy/prod.yaml'), 'utf8')
    const waived = (until: string): string => `${policy}waivers:
  - id: W-7
    clause: sbom.complete
    asked-by: ann
    approved-by: bob
    reason: no cataloger reads our lockfile yet
    ticket: GREET-12
    scope: '*'
    not-after: '${until}'
`
    await using project = await makeSample({ yaml: { lockfiles: '[]' }, files: { 'policy/prod.yaml': waived('2026-01-31T00:00:00Z') } })
    await project.git('rm', '--quiet', 'package-lock.json')
    await project.commit()
    const ended = await runTally(project, 'ship')
    expect(ended.exitCode).toBe(1)
    expect(ended.stdout).toMatch(
      /FAILED +sbom\.complete\n +expected .*\n +found +completeness unknown; waiver W-7 ended\s+2026-01-31T00:00:00Z/,
    )
    expect(ended.stdout).toContain('stays in dev, not in prod')
    await project.write('policy/prod.yaml', waived('2999-01-31T00:00:00Z'))
    await project.commit()
    const holds = await runTally(project, 'ship')
    expect(holds.exitCode).toBe(0)
    expect(holds.stdout).toMatch(/FAILED +sbom\.complete\n +waived +by W-7; the result above is the real one/)
  })

  test('stopped by Ctrl-C in the middle of the build: exit 130, the build is gone, the next run is whole', async () => {
    await using project = await makeSample({
      yaml: { run: `'echo started > "$TALLY_OUT/started"; sleep 61.7531; cp greet.sh "$TALLY_OUT/greet"'` },
    })
    const child = spawn(process.execPath, [MAIN, 'ship'], { cwd: project.dir, env: { ...project.env }, stdio: ['ignore', 'pipe', 'pipe'] })
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    while (!(await pathsBelow(join(project.dataDir, 'runs'))).some((path) => path.endsWith('started'))) await after(50)
    child.kill('SIGINT')
    const [exitCode] = (await once(child, 'close')) as [number | null]
    expectOneClearError({ exitCode: exitCode ?? -1, stdout: '', stderr }, 'interrupted', /stopped by SIGINT/)
    const { stdout } = await runProgram('ps', ['-eo', 'args'], {})
    expect(stdout).toContain(process.execPath)
    expect(stdout.split('\n').filter((line) => line.includes('61.7531'))).toEqual([])
    await project.write('tally.yaml', tallyYaml())
    await project.commit()
    expect((await shipInside(project)).receipt.reached).toBe('prod')
  })
})

describe('a data directory one may only read', () => {
  const CHILD = join(import.meta.dirname, '../support/ship-as-nobody.ts')

  test.each([
    ['that was never made', 'data', ''],
    ['that has shipped before', 'data', 'shipped'],
  ])('%s', async (_what, name, before) => {
    await using project = await makeSample()
    if (before === 'shipped') {
      await shipInside(project)
      await project.write('greet.sh', 'echo hello again\n')
      await project.commit()
    }
    const paths = await readOnlyForNobody(project)
    const said = await runProgram(process.execPath, [CHILD, project.dir, project.dataDir], { env: { ...project.env } })
    for (const path of paths) await chmod(path, (await stat(path)).mode | 0o200)
    expectOneClearError(said, 'permission', new RegExp(`/${name}`))
  })

  /** All of it belongs to nobody, who may write to the project and nothing beside it. */
  async function readOnlyForNobody(project: SampleProject): Promise<readonly string[]> {
    const paths = [project.beside, ...(await pathsBelow(project.beside)).map((path) => join(project.beside, path))]
    if (process.getuid?.() === 0) for (const path of paths) await chown(path, 65_534, 65_534)
    const readOnly = [project.beside, ...paths.filter((path) => path.startsWith(project.dataDir))]
    for (const path of readOnly) await chmod(path, (await stat(path)).mode & ~0o222)
    return readOnly
  }
})

test('serve on a port that is taken', async () => {
  await using project = await makeSample()
  const holder = createServer().listen(0, '127.0.0.1')
  await once(holder, 'listening')
  const { port } = holder.address() as { port: number }
  const said = await runTally(project, 'serve', '--port', String(port))
  holder.close()
  expectOneClearError(said, 'port-in-use', new RegExp(`^127\\.0\\.0\\.1:${port}: `))
  expect(said.stdout).toBe('')
})

/** The last two lines of stderr are the error and its help, and nothing in it is a stack or a raw control character. */
function expectOneClearError(said: Said, code: ErrorCode, says: RegExp): void {
  const lines = said.stderr.trimEnd().split('\n')
  const [error = '', help = ''] = lines.slice(-2)
  expect(error).toMatch(new RegExp(`^error\\[${code}\\]: `))
  expect(error.slice(`error[${code}]: `.length)).toMatch(says)
  expect(help).toMatch(/^help: \S/)
  expect(lines.filter((line) => line.startsWith('error['))).toHaveLength(1)
  expect(said.stderr).not.toMatch(/^\s+at |node:internal|\u001b/m)
  expect(said.exitCode).toBe(ERROR_TABLE[code].exit)
}

/** No environment has the artifact, and no evidence was made of what was not built. */
async function expectNothingPublished(project: SampleProject): Promise<void> {
  const paths = await pathsBelow(project.dataDir)
  expect(paths.filter((path) => path.endsWith('/index.json') || path.endsWith('/verdict-prod.json'))).toEqual([])
}
