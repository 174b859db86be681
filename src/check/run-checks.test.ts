import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemDeps } from '../kernel/system.ts'
import type { Waiver } from '../kernel/waiver.ts'
import { runChecks } from './run-checks.ts'
import type { CheckOptions, CheckReport } from './run-checks.ts'
import { toSarif } from './sarif.ts'
import { testResultPredicate } from './test-result.ts'

const NOW = new Date('2026-11-25T12:00:00Z')
const deps = systemDeps({ log: () => undefined, signal: new AbortController().signal })
let dir = ''

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tally-'))
})
afterEach(async () => {
  await rm(dir, { recursive: true })
})

async function put(files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(dir, path)), { recursive: true })
    await writeFile(join(dir, path), content)
  }
}

function run(options: Partial<CheckOptions> = {}): Promise<CheckReport> {
  return runChecks(deps, { dir, waivers: [], now: NOW, ...options })
}

function places(report: CheckReport): string[] {
  return report.findings.map((each) => `${each.file}:${each.span.startLine} ${each.rule}${each.waivedBy === undefined ? '' : ' (waived)'}`)
}

// Written in pieces, or our own check would read the samples below as ignores of this file.
const MARK = ['tally:', 'ignore'].join(' ')
const GOOD = `FROM a@sha256:${'a'.repeat(64)}\nUSER app\n`

describe('runChecks', () => {
  it('walks a directory, and passes over .git, node_modules and links', async () => {
    await put({
      'b/Dockerfile': 'FROM b\nUSER app\n',
      Dockerfile: 'FROM a\nUSER app\n',
      '.git/Dockerfile': 'FROM a\n',
      'x/node_modules/y/Dockerfile': 'FROM a\n',
    })
    await symlink(join(dir, 'Dockerfile'), join(dir, 'Dockerfile.link'))
    const report = await run()
    expect(places(report)).toEqual(['Dockerfile:1 unpinned-image', 'b/Dockerfile:1 unpinned-image'])
    expect(report.filesRead).toBe(2)
  })

  it('looks at the files it is given and no others, and at what is still there', async () => {
    await put({ Dockerfile: 'FROM a\nUSER app\n', 'other/Dockerfile': 'FROM b\n', 'node_modules/Dockerfile': 'FROM b\n' })
    const report = await run({ files: ['Dockerfile', 'gone/Dockerfile', 'other', 'node_modules/Dockerfile'] })
    expect(places(report)).toEqual(['Dockerfile:1 unpinned-image'])
    await expect(run({ files: ['../x'] })).rejects.toMatchObject({ code: 'usage' })
    await expect(run({ files: ['/etc/passwd'] })).rejects.toMatchObject({ code: 'usage' })
  })

  it('says what it did not read, and does not let a workflow hide that way', async () => {
    await put({
      'large.txt': 'x'.repeat(4 * 1024 * 1024 + 1),
      'data.bin': new Uint8Array([1, 0, 2]),
      Dockerfile: `FROM a\n#${' '.repeat(4 * 1024 * 1024)}\n`,
      '.github/workflows/a.yml': 'jobs: [\n',
    })
    const report = await run()
    expect(report.skipped.map((each) => each.file)).toEqual(['Dockerfile', 'data.bin', 'large.txt'])
    expect(places(report)).toEqual(['.github/workflows/a.yml:2 unreadable-file', 'Dockerfile:1 unreadable-file'])
  })

  it('does not follow a bomb of aliases in a workflow', async () => {
    const lines = Array.from({ length: 9 }, (_, index) => `a${index + 1}: &a${index + 1} [${Array(10).fill(`*a${index}`).join(', ')}]`)
    await put({ '.github/workflows/a.yml': ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]', ...lines].join('\n') })
    expect(places(await run())).toEqual(['.github/workflows/a.yml:1 unreadable-file'])
  })

  it('reads a file that is no UTF-8 all the same', async () => {
    await put({ Dockerfile: Buffer.concat([Buffer.from([0x23, 0xff, 0xfe, 0x0a]), Buffer.from('FROM a\nUSER app\n')]) })
    expect(places(await run())).toEqual(['Dockerfile:2 unpinned-image'])
  })

  it('finds nothing where nothing is wrong', async () => {
    await put({ Dockerfile: GOOD, 'README.md': 'hello\n' })
    const report = await run()
    expect(report).toMatchObject({ findings: [], waived: 0, filesRead: 2, skipped: [] })
    expect(testResultPredicate(report, { failOn: 'low', url: undefined }).result).toBe('PASSED')
  })
})

describe('inline ignores', () => {
  it.each([
    [
      `# ${MARK} unpinned-image -- a base we build ourselves until 2027-01-01\nFROM a\nUSER app\n`,
      ['Dockerfile:2 unpinned-image (waived)'],
    ],
    [`# ${MARK} unpinned-image -- reason until 2026-11-25\nFROM a\nUSER app\n`, ['Dockerfile:2 unpinned-image (waived)']],
    [`# ${MARK} unpinned-image -- reason until 2026-11-24\nFROM a\nUSER app\n`, ['Dockerfile:1 ignore', 'Dockerfile:2 unpinned-image']],
    [`# ${MARK} unpinned-image\nFROM a\nUSER app\n`, ['Dockerfile:1 ignore', 'Dockerfile:2 unpinned-image']],
    [`# ${MARK} unpinned-image -- until 2027-01-01\nFROM a\nUSER app\n`, ['Dockerfile:1 ignore', 'Dockerfile:2 unpinned-image']],
    [`# ${MARK} unpinned-image -- reason until 2027-13-01\nFROM a\nUSER app\n`, ['Dockerfile:1 ignore', 'Dockerfile:2 unpinned-image']],
    [`# ${MARK} all -- reason until 2027-01-01\nFROM a\nUSER app\n`, ['Dockerfile:1 ignore', 'Dockerfile:2 unpinned-image']],
    [`# ${MARK} root-user -- reason until 2027-01-01\nFROM a\nUSER app\n`, ['Dockerfile:2 unpinned-image']],
    [`# ${MARK} unpinned-image -- reason until 2027-01-01\n\nFROM a\nUSER app\n`, ['Dockerfile:3 unpinned-image']],
  ])('%j', async (text, expected) => {
    await put({ Dockerfile: text })
    expect(places(await run())).toEqual(expected)
  })

  it('covers its own line, and counts', async () => {
    const uses = `      - uses: a/b@v1 # ${MARK} unpinned-action -- ours until 2027-01-01\n`
    await put({ '.github/workflows/a.yml': `on: push\npermissions: {}\njobs:\n  a:\n    steps:\n${uses}${uses.replace(/ #.*/, '')}` })
    const report = await run()
    expect(places(report)).toEqual(['.github/workflows/a.yml:6 unpinned-action (waived)', '.github/workflows/a.yml:7 unpinned-action'])
    expect(report.waived).toBe(1)
    expect(report.findings[0]?.waivedBy).toBe('inline ignore until 2027-01-01: ours')
  })
})

const WAIVER: Waiver = {
  id: 'W1',
  clause: 'unpinned-image',
  askedBy: 'ann',
  approvedBy: 'bob',
  reason: 'r',
  ticket: 't',
  scope: 'Dockerfile',
  notAfter: '2027-01-01T00:00:00Z',
}

describe('waivers', () => {
  it.each<[Partial<Waiver>, boolean, string]>([
    [{}, true, ''],
    [{ scope: '*' }, true, ''],
    [{ scope: 'other/Dockerfile' }, false, ''],
    [{ clause: 'root-user' }, false, ''],
    [{ notAfter: '2026-01-01T00:00:00Z' }, false, 'ended 2026-01-01'],
    [{ approvedBy: 'ann' }, false, 'approved by the person who asked'],
  ])('%j', async (change, holds, note) => {
    await put({ Dockerfile: 'FROM a\nUSER app\n' })
    const [finding] = (await run({ waivers: [{ ...WAIVER, ...change }] })).findings
    expect(finding?.waivedBy).toBe(holds ? 'W1' : undefined)
    expect(finding?.message).toContain(note)
  })
})

describe('what a report becomes', () => {
  it('a test result: failed at the level and above, warned below it and where something is waived', async () => {
    await put({ Dockerfile: 'FROM a:1\nUSER app\n' })
    const report = await run()
    expect(testResultPredicate(report, { failOn: 'medium', url: undefined })).toMatchObject({
      result: 'FAILED',
      predicate: { result: 'FAILED', failedTests: ['unpinned-image'], warnedTests: [] },
    })
    expect(testResultPredicate(report, { failOn: 'high', url: undefined })).toMatchObject({
      result: 'WARNED',
      predicate: { failedTests: [], warnedTests: ['unpinned-image'] },
    })
    const waived = testResultPredicate(await run({ waivers: [WAIVER] }), { failOn: 'low', url: 'https://ci.example/1' })
    expect(waived).toMatchObject({
      result: 'WARNED',
      predicate: { url: 'https://ci.example/1', configuration: [{ annotations: { waived: 1, failOn: 'low' } }] },
    })
    expect(JSON.stringify(waived.predicate)).not.toContain(dir)
  })

  it('the same predicate on every run', async () => {
    await put({ Dockerfile: 'FROM a:1\n' })
    const once = testResultPredicate(await run(), { failOn: 'high', url: undefined })
    expect(testResultPredicate(await run(), { failOn: 'high', url: undefined })).toEqual(once)
  })

  it('SARIF with rules, regions, fingerprints and suppressions', async () => {
    await put({ 'a b%/Dockerfile': 'FROM a\nFROM a\nUSER app\n', Dockerfile: 'FROM a\nUSER app\n' })
    const sarif = toSarif(await run({ waivers: [WAIVER] }), '1.2.3') as Sarif
    const [first] = sarif.runs
    expect(sarif.version).toBe('2.1.0')
    expect(first?.tool.driver.semanticVersion).toBe('1.2.3')
    const results = first?.results ?? []
    expect(results.map((each) => first?.tool.driver.rules[each.ruleIndex]?.id)).toEqual(results.map((each) => each.ruleId))
    expect(results[0]).toMatchObject({
      ruleId: 'unpinned-image',
      level: 'error',
      suppressions: [{ kind: 'external', justification: 'W1' }],
    })
    expect(results[1]?.locations[0]?.physicalLocation).toEqual({
      artifactLocation: { uri: 'a%20b%25/Dockerfile', uriBaseId: 'SRCROOT' },
      region: { startLine: 1, startColumn: 6, endLine: 1, endColumn: 7 },
    })
    const fingerprints = results.map((each) => each.partialFingerprints['tally/v1'])
    expect(new Set(fingerprints).size).toBe(3)

    await put({ 'a b%/Dockerfile': '# moved\n\nFROM a\nFROM a\nUSER app\n' })
    const moved = toSarif(await run(), '1.2.3') as Sarif
    expect(moved.runs[0]?.results.map((each) => each.partialFingerprints['tally/v1'])).toEqual(fingerprints)
  })
})

type Sarif = {
  readonly version: string
  readonly runs: readonly {
    readonly tool: { readonly driver: { readonly semanticVersion: string; readonly rules: readonly { readonly id: string }[] } }
    readonly results: readonly {
      readonly ruleId: string
      readonly ruleIndex: number
      readonly locations: readonly { readonly physicalLocation: unknown }[]
      readonly partialFingerprints: Readonly<Record<string, string>>
    }[]
  }[]
}
