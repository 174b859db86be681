import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../kernel/bytes.ts'
import { IMAGE_BASE, elfBytes, machOBytes, peBytes, universalBytes } from '../../executable/executable-fixture.ts'
import { fuzz } from '../../fuzz-fixture.ts'
import { executableInspector } from '../executable-inspector.ts'
import { inlineInfo, pointerInfo } from './go-fixture.ts'
import { mainVersion } from './main-version.ts'
import { parseModules } from './modules.ts'

const MODULES = [
  'path\texample.com/app/cmd/app',
  'mod\texample.com/app\tv1.4.0\th1:aaaa=',
  'dep\texample.com/Lib/v2\tv2.1.0\th1:bbbb=',
  'dep\texample.com/old\tv1.0.0',
  '=>\texample.com/new\tv1.0.1\th1:cccc=',
  'dep\texample.com/local\tv0.1.0',
  '=>\t../local\t(devel)\t',
  'build\t-compiler=gc',
  'build\t"odd key"="a \\"b\\""',
  '',
].join('\n')

async function inspect(bytes: Uint8Array) {
  return await executableInspector.inspect({ path: 'usr/bin/app', layer: 'sha256:00', size: bytes.byteLength, content: piecesOf(bytes) })
}

async function* piecesOf(bytes: Uint8Array, size = 50_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size)
}

async function purls(bytes: Uint8Array): Promise<string[] | undefined> {
  return (await inspect(bytes))?.catalog?.components.map(({ purl }) => purl.replace('pkg:golang/', ''))
}

const FOUND = ['example.com/app@v1.4.0', 'example.com/Lib/v2@v2.1.0', 'example.com/new@v1.0.1', 'example.com/local', 'stdlib@1.22.3']
const INLINE = inlineInfo('go1.22.3', MODULES)
const DATA = { address: 0x500000, writable: true, content: INLINE }

describe('a Go program', () => {
  it.each([
    [
      'ELF',
      elfBytes([
        { name: '.text', content: new Uint8Array(99) },
        { name: '.go.buildinfo', ...DATA },
      ]),
    ],
    ['ELF of 32 bits', elfBytes([{ name: '.go.buildinfo', ...DATA }], { wide: false })],
    ['ELF, big-endian', elfBytes([{ name: '.go.buildinfo', ...DATA }], { order: 'big' })],
    ['ELF, big-endian, of 32 bits', elfBytes([{ name: '.go.buildinfo', ...DATA }], { order: 'big', wide: false })],
    [
      'ELF without a table of sections',
      elfBytes(
        [
          { name: '.x', content: INLINE },
          { name: '.data', ...DATA },
        ],
        { stripped: true },
      ),
    ],
    [
      'PE',
      peBytes([
        { name: '.text', content: new Uint8Array(99) },
        { name: '.data', ...DATA },
      ]),
    ],
    ['PE of 32 bits', peBytes([{ name: '.data', ...DATA }], { wide: false })],
    ['Mach-O', machOBytes([{ name: '__go_buildinfo', ...DATA }])],
    ['Mach-O of 32 bits, big-endian', machOBytes([{ name: '__go_buildinfo', ...DATA }], { wide: false, order: 'big' })],
    ['a universal binary', universalBytes([machOBytes([]), machOBytes([{ name: '__go_buildinfo', ...DATA }])])],
    ['with pointers to its texts', elfBytes(pointerInfo('go1.22.3', MODULES))],
    [
      'with pointers of 32 bits, big-endian',
      elfBytes(pointerInfo('go1.22.3', MODULES, { order: 'big', size: 4 }), { order: 'big', wide: false }),
    ],
    ['with pointers in a PE', peBytes(pointerInfo('go1.22.3', MODULES, { base: IMAGE_BASE + 0x10000 }))],
    ['with pointers in a Mach-O', machOBytes(pointerInfo('go1.22.3', MODULES))],
  ])('in %s', async (_, bytes) => {
    expect(await purls(bytes)).toEqual(FOUND)
  })

  it('needs every module in it; a replaced one stands there as what replaced it', async () => {
    const found = (await inspect(elfBytes([{ name: '.go.buildinfo', ...DATA }])))?.catalog
    expect(found?.edges.map(({ from, to }) => `${from} > ${to}`)).toEqual(
      FOUND.slice(1).map((purl) => `pkg:golang/${FOUND[0]} > pkg:golang/${purl}`),
    )
    expect(found?.components[0]).toEqual({
      purl: 'pkg:golang/example.com/app@v1.4.0',
      name: 'example.com/app',
      version: 'v1.4.0',
      type: 'application',
      hashes: {},
      evidence: [{ cataloger: 'go-binary', file: 'usr/bin/app', method: 'binary', confidence: 1 }],
      scope: 'required',
      layer: 'sha256:00',
    })
  })

  it('of more than executableBytes is read in part', async () => {
    const padding = 70 * 1024 * 1024
    expect(await purls(elfBytes([{ name: '.go.buildinfo', ...DATA }], { padding }))).toEqual(FOUND)
    expect(await purls(elfBytes([{ name: '.data', ...DATA }], { padding, stripped: true }))).toEqual(FOUND)
    // What pointers lead to lies in the middle, which is not kept.
    const sections = [{ name: '.text', content: new Uint8Array(100_000) }, ...pointerInfo('go1.17', MODULES).toReversed()]
    expect(await inspect(elfBytes(sections))).toMatchObject({ missed: false, catalog: { components: { length: 5 } } })
    expect(await inspect(elfBytes(sections, { padding }))).toMatchObject({ missed: true, catalog: { components: [] } })
  })

  it('is not found in what only holds the mark: a tool that looks for it, or a file that is carried along', async () => {
    const carried = elfBytes([
      { name: '.rodata', content: INLINE },
      { name: '.data', content: new Uint8Array(64), writable: true },
    ])
    expect(await purls(carried)).toEqual([])
    const unaligned = new Uint8Array(INLINE.byteLength + 8)
    unaligned.set(INLINE, 8)
    expect(await purls(elfBytes([{ name: '.data', content: unaligned, writable: true }], { stripped: true }))).toEqual([])
  })

  it('whose texts lead nowhere makes the SBOM incomplete', async () => {
    const [data] = pointerInfo('go1.17', MODULES)
    expect(await inspect(elfBytes(data === undefined ? [] : [data]))).toMatchObject({ missed: true, catalog: { components: [] } })
    expect(
      await inspect(elfBytes([{ name: '.go.buildinfo', writable: true, content: INLINE.subarray(0, 60) }], { stripped: true })),
    ).toMatchObject({
      missed: true,
    })
  })

  it.each([
    ['a command of the toolchain', 'path\tcmd/go\n', ['cmd/go@1.22.3', 'stdlib@1.22.3']],
    ['without modules', 'path\texample.com/x\n', ['example.com/x', 'stdlib@1.22.3']],
    ['of loose files', 'path\tcommand-line-arguments\n', ['stdlib@1.22.3']],
    ['whose modules say nothing', 'mod\t\t\ndep\n=>\tx\ty\nbuild\t=\nbuild\tx\n', ['stdlib@1.22.3']],
  ])('%s', async (_, modules, expected) => {
    expect(await purls(elfBytes([{ name: '.go.buildinfo', writable: true, content: inlineInfo('go1.22.3', modules) }]))).toEqual(expected)
  })

  it.each([
    ['go1.22.3 X:boringcrypto', 'stdlib@1.22.3'],
    ['go1.23rc1', 'stdlib@1.23rc1'],
    ['go1.20', 'stdlib@1.20'],
    ['devel go1.24-abcdef', undefined],
  ])('of the toolchain %s', async (toolchain, expected) => {
    const found = await purls(elfBytes([{ name: '.go.buildinfo', writable: true, content: inlineInfo(toolchain, MODULES) }]))
    expect(found?.find((purl) => purl.startsWith('stdlib'))).toBe(expected)
  })

  it.each([
    ['a script', utf8(`#!/bin/sh\n${'x'.repeat(100)}`)],
    ['a Java class', new Uint8Array([0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 65, ...new Uint8Array(100)])],
    ['an ELF file cut off', elfBytes([{ name: '.data', ...DATA }]).subarray(0, 70)],
    ['nothing', new Uint8Array(0)],
  ])('is not %s', async (_, bytes) => {
    expect(await inspect(bytes)).toBeUndefined()
  })
})

describe('the version of the main module', () => {
  const COMMIT = { 'vcs.revision': '0123456789abcdef0123', 'vcs.time': '2026-01-02T03:04:05Z' }
  it.each([
    ['as written', 'v1.0.0', {}, 'v1.0.0'],
    ['as the linker was told', '', { '-ldflags': '-s -w -X main.version=1.2.3' }, 'v1.2.3'],
    ['as the linker was told, quoted', '', { '-ldflags': "-X 'example.com/a/internal.buildVersion=v1.2.3-rc.1' -s" }, 'v1.2.3-rc.1'],
    ['not what flags disagree on', '', { '-ldflags': '-X main.version=1.2.3 -X main.apiVersion=2.0.0' }, ''],
    ['not another variable', '', { '-ldflags': '-X main.date=1.2.3' }, ''],
    ['of the commit', '', COMMIT, 'v0.0.0-20260102030405-0123456789ab'],
    ['of a changed tree', '', { ...COMMIT, 'vcs.modified': 'true' }, 'v0.0.0-20260102030405-0123456789ab+dirty'],
    [
      'as the linker was told, rather than of the commit',
      'v0.0.0-20260102030405-0123456789ab',
      { '-ldflags': '-X main.Version=v3.0.0' },
      'v3.0.0',
    ],
    ['none', '', { 'vcs.revision': 'x', 'vcs.time': 'y' }, ''],
  ])('is %s', (_, written, settings, expected) => {
    expect(mainVersion(written, new Map(Object.entries(settings))).version).toBe(expected)
  })

  it('is found in linear time', () => {
    const hostile = `-X ${'a.'.repeat(50_000)} -X ${'Version'.repeat(10_000)}=${'-X '.repeat(50_000)}`
    expect(mainVersion('', new Map([['-ldflags', hostile]])).version).toBe('')
  })
})

describe('a damaged Go program', () => {
  it('is read or passed over: 10,000 seeded mutations of its file', { timeout: 120_000 }, async () => {
    const samples = [
      elfBytes([{ name: '.go.buildinfo', ...DATA }]),
      elfBytes(pointerInfo('go1.22.3', MODULES)),
      elfBytes(pointerInfo('go1.22.3', MODULES, { order: 'big', size: 4 }), { order: 'big', wide: false }),
      peBytes([{ name: '.data', ...DATA }]),
      machOBytes([{ name: '__go_buildinfo', ...DATA }]),
      universalBytes([machOBytes([{ name: '__go_buildinfo', ...DATA }])]),
    ]
    const outcome = await fuzz(samples, inspect)
    expect(outcome.strange).toEqual([])
    expect(outcome.read).toBeGreaterThan(9000)
    expect((await fuzz([utf8(MODULES)], (bytes) => parseModules(new TextDecoder().decode(bytes)))).strange).toEqual([])
  })
})
