import * as fs from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ociArchiveBytes } from '../../src/artifact/oci-archive-write.ts'
import { rawTar } from '../../src/artifact/tar-fixture.ts'
import { tarBytes } from '../../src/artifact/tar-write.ts'
import { utf8 } from '../../src/kernel/bytes.ts'
import { startFakeRegistry } from '../support/fake-registry.ts'
import { runProgram, MAIN, runTally } from '../support/run-tally.ts'
import type { Said } from '../support/run-tally.ts'
import { makeSample } from '../support/sample-project.ts'
import type { SampleProject } from '../support/sample-project.ts'
import { pathsBelow } from '../support/snapshots.ts'
import { startTally } from '../support/tally-process.ts'

// What comes in is broken, hostile or a slip of the pen: one clear line, the next step, the exit code of its kind, and nothing left behind.
let project: SampleProject
beforeAll(async () => {
  project = await makeSample()
  await runTally(project, 'key', 'show')
})
afterAll(() => project[Symbol.asyncDispose]())

const at = (name: string): string => join(project.beside, name)

/** One line of what is wrong, one of what to do, no stack, nothing on stdout. */
function expectOneClearLine(said: Said, exitCode: number, line: RegExp): void {
  expect(said.stdout).toBe('')
  expect(said.stderr).toMatch(line)
  expect(said.stderr).toMatch(/^error\[[a-z-]+\]: .+\nhelp: .+\n$/)
  expect(said.exitCode).toBe(exitCode)
}

describe('archives', () => {
  const image = (tar: Uint8Array, compression: 'none' | 'gzip' = 'none'): Uint8Array =>
    ociArchiveBytes({ config: { os: 'linux', architecture: 'amd64' }, layers: [{ tar, compression }], tag: '1.0', mtime: 0 }).bytes
  const good = tarBytes([{ type: 'file', path: 'etc/hello', content: utf8('hello\n') }], { mtime: 0 })

  test.each([
    ['cut off in a header', image(good).subarray(0, 700), /cut off inside a header \(at byte 700\)/],
    ['cut off in its content', image(good).subarray(0, 1200), /artifact-malformed/],
    [
      'that unpacks to a thousand times its size',
      image(new Uint8Array(64 * 1024 * 1024), 'gzip'),
      /^error\[limit-exceeded\]: layer 1 of 1 .* inflateRatio/,
    ],
    [
      'with a layer that climbs out by ../',
      image(rawTar([{ name: '../../etc/cron.d/evil', content: utf8('x') }])),
      /entry "\.\.\/\.\.\/etc\/cron\.d\/evil" has `\.\.` in its path/,
    ],
  ])('%s', async (name, bytes, line) => {
    const file = at(`${name.replaceAll(/[^a-z]/g, '-')}.tar`)
    await fs.writeFile(file, bytes)
    const before = await pathsBelow(project.beside)
    expectOneClearLine(await runTally(project, 'sbom', `oci-archive:${file}`, '-o', `spdx-json=${at('never.json')}`), 1, line)
    expect(await pathsBelow(project.beside)).toEqual(before)
  })

  test('one that is no archive at all is named, and what could be given instead', async () => {
    await fs.writeFile(at('text.tar'), 'just a text\n')
    expectOneClearLine(
      await runTally(project, 'sbom', at('text.tar')),
      3,
      /text\.tar: holds nothing that is known: .*\nhelp: give a directory, /,
    )
    expect(await runTally(project, 'sbom', `file:${at('text.tar')}`)).toMatchObject({ exitCode: 0 })
  })
})

describe('a registry that lies', () => {
  test('about a manifest: the digest that was asked for and was not given', async () => {
    const registry = await startFakeRegistry()
    try {
      await fs.writeFile(at('app'), 'app\n')
      const repository = `${registry.host}/team/app`
      expect(await runTally(project, 'sign', at('app'), '--to', repository)).toMatchObject({ exitCode: 0 })
      const [digest = ''] = registry.repo('team/app').manifests.keys()
      registry.switches.corrupts = true
      for (const verb of ['verify', 'tree', 'sbom', 'download']) {
        const said = await runTally(project, verb, `${repository}@${digest}`)
        expectOneClearLine(said, 1, /^error\[digest-mismatch\]: /)
        expect(said.stderr).toContain(digest)
      }
    } finally {
      await registry.close()
    }
  })
})

describe('2 GB where a small JSON belongs', () => {
  beforeAll(async () => {
    await fs.writeFile(at('huge.json'), '{"a":"')
    await fs.truncate(at('huge.json'), 2 ** 31)
    await fs.writeFile(at('small'), 'small\n')
  })
  afterAll(() => fs.rm(at('huge.json')))

  test.each([
    ['as a predicate', ['attest', 'small', '--type', 'cyclonedx', '--predicate', 'huge.json'], 'bundleBytes'],
    ['as a bundle', ['verify', 'small', '--bundle', 'huge.json'], 'evidenceBytes'],
    ['as a policy', ['gate', 'small', '--policy', 'huge.json'], 'configBytes'],
    ['as a key', ['verify', 'small', '--key', 'huge.json'], 'keyFileBytes'],
    ['as a receipt', ['log', 'check', '--against', 'huge.json'], 'bundleBytes'],
  ])('%s: the cap by name, and no memory for it', async (_, args, cap) => {
    const place = { ...project, env: { ...project.env, NODE_OPTIONS: '--max-old-space-size=200' } }
    const words = args.map((word) => (['small', 'huge.json'].includes(word) ? at(word) : word))
    expectOneClearLine(
      await runTally(place, ...words),
      1,
      new RegExp(`^error\\[limit-exceeded\\]: \\S*huge\\.json: is over the cap ${cap} `),
    )
  })
})

describe('a line that cannot be understood', () => {
  test.each([
    [['vrify', 'x'], 'vrify: is not a command\nhelp: did you mean `tally verify`?'],
    [['--verson'], '--verson: is not a flag of `tally`'],
    [['frobnicate'], 'frobnicate: is not a command\nhelp: see `tally --help`'],
    [['verify', 'x', '--polcy', 'y'], '--polcy: is not a flag of `tally verify`\nhelp: did you mean --policy?'],
    [['verify'], 'tally verify: needs at least one artifact'],
    [['tree', 'x', 'y'], 'y: is one word too many\nhelp: see `tally tree --help`'],
    [['verify', 'x', '--policy'], '--policy: needs a value (FILE)'],
    [['verify', 'x', '--policy='], '--policy: needs a value (FILE)'],
    [['verify', 'x', '--policy', '--key'], '--policy: needs a value (FILE), and `--key` looks like a flag'],
    [['ship', '--to', 'a', '--to', 'b'], '--to: was given twice\nhelp: see `tally ship --help`'],
    [['ship', '--format', 'xml'], '--format xml: is none of text, json\nhelp: see `tally ship --help`'],
    [['ship', '--quiet=7'], '--quiet: takes no value'],
    [['check', '--fail-on', 'worst'], '--fail-on worst: is none of info, low, medium, high, critical'],
    [['token', 'new', 'x', '--days', '0'], '--days 0: is not a number from 1 to 365'],
    [['serve', '--port', '70000'], '--port 70000: is not a port'],
    [['key', 'frob'], 'tally key frob: is none of new, show, import, export'],
    [['log', 'show', '--against', 'receipt.json'], '--against: does nothing for `tally log show`\nhelp: it takes --format'],
    [['log', 'shew'], 'tally log shew: is neither check nor show'],
    [['completion', 'tcsh'], 'tcsh: is no shell tally completes for\nhelp: one of bash, zsh, fish'],
    [['sbom', '-o', 'what'], '--output what: is not FORMAT=FILE'],
  ])('%j', async (args, message) => {
    const said = await runTally(project, ...args)
    expectOneClearLine(said, 2, /^error\[usage\]: /)
    expect(said.stderr).toContain(message)
  })

  test('a variable that cannot be what it says is named as that variable', async () => {
    const place = { ...project, env: { ...project.env, TALLY_OFFLINE: 'perhaps' } }
    expectOneClearLine(await runTally(place, 'key', 'show'), 2, /^error\[usage\]: TALLY_OFFLINE=perhaps: is neither 1 nor 0\n/)
  })

  test('with --format json the error is data on stdout too, and a sentence on stderr', async () => {
    const said = await runTally(project, 'verify', 'nothing-here', '--format', 'json')
    expect(said.exitCode).toBe(5)
    expect(JSON.parse(said.stdout)).toEqual({
      error: { code: 'not-found', message: 'is not there (ENOENT)', where: 'nothing-here', hint: 'check the name', exitCode: 5 },
    })
    expect(said.stderr).toBe('error[not-found]: nothing-here: is not there (ENOENT)\nhelp: check the name\n')
  })
})

describe('streams', () => {
  test('a reader that goes away early is no error', async () => {
    const line = `"$0" "$1" check --format sarif | head -c 20`
    const said = await runProgram('bash', ['-o', 'pipefail', '-c', line, process.execPath, MAIN], {
      cwd: project.dir,
      env: { ...project.env },
    })
    expect(said).toMatchObject({ exitCode: 0, stderr: '' })
    expect(said.stdout).toHaveLength(20)
    const both = await runProgram('sh', ['-c', `"$0" "$1" frob 2>&1 | true`, process.execPath, MAIN], {
      cwd: project.dir,
      env: { ...project.env },
    })
    expect(both).toEqual({ exitCode: 0, stdout: '', stderr: '' })
  })

  test('a full disk under stdout is one', async () => {
    const said = await runProgram('sh', ['-c', `"$0" "$1" key show > /dev/full`, process.execPath, MAIN], {
      cwd: project.dir,
      env: { ...project.env },
    })
    expect(said).toEqual({ exitCode: 5, stdout: '', stderr: 'error[disk]: stdout: the disk refused a write (ENOSPC)\n' })
  })

  test('`-` is stdin', async () => {
    await fs.writeFile(at('piped'), 'piped\n')
    const sbom = (await runTally(project, 'sbom', '.', '--format', 'cyclonedx-json')).stdout
    const args = ['attest', at('piped'), '--type', 'cyclonedx', '--predicate', '-']
    expect(await startTally(project, args, { input: sbom }).ended).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^signed +SBOM/),
    })
    const broken = await startTally(project, args, { input: '{"bomFormat":' }).ended
    expectOneClearLine(broken, 1, /^error\[evidence-malformed\]: stdin: /)
    const wrong = await startTally(project, args, { input: '{"not":"a bom"}' }).ended
    expect(wrong.stderr).toMatch(/^error\[evidence-malformed\]: .*is not a predicate of type https:\/\/cyclonedx\.org\/bom/)
    const log = await runTally(project, 'log', 'show')
    expect(log.stdout.match(/CycloneDX/g)).toHaveLength(1)
  })
})

describe('stopped from outside', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('%s while it waits for input: 130, and nothing was signed', async (signal) => {
    await fs.writeFile(at('waiting'), signal)
    const started = startTally(project, ['attest', at('waiting'), '--type', 'cyclonedx', '--predicate', '-', '--verbose'])
    await started.hear('reading the predicate from stdin')
    started.child.kill(signal)
    const said = await started.ended
    expect(said.exitCode).toBe(130)
    expect(said.stderr).toMatch(new RegExp(`^error\\[interrupted\\]: stopped by ${signal}\\nhelp: `, 'm'))
    expect(said.stderr).not.toMatch(/^ +at /m)
  })

  test('while it builds: the build goes too, and the next run goes on', async () => {
    await using own = await makeSample({ yaml: { run: `'echo started; test -e ../go || sleep 100; cp greet.sh "$TALLY_OUT/greet"'` } })
    const started = startTally(own, ['ship', '--verbose'])
    await started.hear('  started')
    started.child.kill('SIGINT')
    const said = await started.ended
    expect(said).toMatchObject({ exitCode: 130, stdout: '', stderr: expect.stringContaining('error[interrupted]: stopped by SIGINT') })
    await fs.writeFile(join(own.beside, 'go'), '')
    expect(await runTally(own, 'ship')).toMatchObject({ exitCode: 0 })
    expect((await runTally(own, 'log', 'check')).stdout).toMatch(/^sound: 5 entries/)
  })
})

describe('what an attacker may name things', () => {
  // eslint-disable-next-line no-control-regex
  const RAW = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/
  const NASTY = 'x\u001b[2J\u001b]0;owned\u0007\u009b31m\u202egpj'

  test('file names and texts in findings', async () => {
    await using own = await makeSample()
    await own.write(
      `.github/workflows/${NASTY}.yml`,
      `on: push\njobs:\n  x:\n    runs-on: u\n    steps:\n      - uses: "a/b@v1\\e[31m\\u202e"\n`,
    )
    const text = await runTally(own, 'check', '--all-files')
    expect(text).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('x\\u{1b}[2J') })
    expect(`${text.stdout}${text.stderr}`).not.toMatch(RAW)
    const ship = await runTally(own, 'ship')
    expect(`${ship.stdout}${ship.stderr}`).not.toMatch(RAW)
  })

  test('names of packages in a table', async () => {
    await using own = await makeSample()
    const name = `left\u009b31m`
    const integrity = `sha512-${Buffer.alloc(64, 7).toString('base64')}`
    await own.write(
      'package-lock.json',
      JSON.stringify({
        name: 'greet',
        version: '1.0.0',
        lockfileVersion: 3,
        packages: { '': { dependencies: { [name]: '1.0.0' } }, [`node_modules/${name}`]: { version: '1.0.0\u001b[1m', integrity } },
      }),
    )
    const said = await runTally(own, 'sbom', own.dir)
    expect(`${said.stdout}${said.stderr}`).not.toMatch(RAW)
  })

  test('words of the command line, repeated in an error', async () => {
    for (const args of [
      [NASTY],
      ['verify', NASTY],
      ['verify', 'x', `--${NASTY}`],
      ['ship', '--to', NASTY],
      ['impact', NASTY],
      ['-C', NASTY, 'key', 'show'],
    ]) {
      const said = await runTally(project, ...args)
      expect(said.exitCode, JSON.stringify(args)).not.toBe(70)
      expect(`${said.stdout}${said.stderr}`, JSON.stringify(args)).not.toMatch(RAW)
    }
  })

  test('statements that are signed by somebody trusted, in verify, tree and the log', async () => {
    await fs.writeFile(at('named'), 'named\n')
    await fs.writeFile(at('predicate.json'), JSON.stringify({ note: NASTY }))
    const type = 'https://example.com/x'
    const sealed = await runTally(project, 'attest', at('named'), '--type', type, '--predicate', at('predicate.json'))
    expect(sealed).toMatchObject({ exitCode: 0 })
    await fs.writeFile(at('machine.pub'), (await runTally(project, 'key', 'export', 'local')).stdout)
    for (const args of [
      ['verify', at('named'), '--key', at('machine.pub')],
      ['tree', at('named')],
    ]) {
      const said = await runTally(project, ...args)
      expect(said.exitCode).toBe(0)
      expect(`${said.stdout}${said.stderr}`).not.toMatch(RAW)
    }
  })
})

describe('secrets in what is named', () => {
  test.each([
    [['verify', 'https://user:hunter2@registry.example/app']],
    [['verify', 'user:hunter2@registry.example/app:1']],
    [['sign', 'package.json', '--to', 'https://user:hunter2@registry.example/app']],
    [['impact', 'https://user:hunter2@registry.example/app']],
    [['https://user:hunter2@registry.example']],
    [['ship', '--key', 'https://user:hunter2@kms.example']],
    [['login', 'https://user:hunter2@registry.example', '--username', 'x']],
  ])('%j is not repeated with them', async (args) => {
    for (const format of [[], ['--format', 'json']]) {
      const said = await runTally(project, ...args, ...format)
      expect(said.exitCode).not.toBe(70)
      expect(`${said.stdout}${said.stderr}`).not.toContain('hunter2')
    }
  })

  test('the database', async () => {
    const place = { ...project, env: { ...project.env, TALLY_DATABASE_URL: 'postgres://tally:hunter2@127.0.0.1:9/tally' } }
    for (const args of [['config'], ['impact', 'a@1']]) {
      const said = await runTally(place, ...args)
      expect(`${said.stdout}${said.stderr}`).toContain('127.0.0.1:9')
      expect(`${said.stdout}${said.stderr}`).not.toContain('hunter2')
    }
  })
})
