import { deflateSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../kernel/bytes.ts'
import { elfBytes, machOBytes, peBytes } from '../../executable/executable-fixture.ts'
import { fuzz } from '../../fuzz-fixture.ts'
import { executableInspector } from '../executable-inspector.ts'

const AUDIT = {
  packages: [
    { name: 'app', version: '0.3.0', source: 'local', root: true, dependencies: [1, 2, 9] },
    { name: 'serde', version: '1.0.200', source: 'crates.io', features: ['derive'] },
    { name: 'forked', version: '2.0.0', source: 'git', dependencies: [1] },
    { name: 'cc', version: '1.0.90', source: 'crates.io', kind: 'build' },
    { name: 'odd', version: '1.0.0', source: 'elsewhere', kind: 'of the future' },
  ],
  format: 8,
}

function packed(value: unknown): Uint8Array {
  return new Uint8Array(deflateSync(typeof value === 'string' ? value : JSON.stringify(value)))
}

async function inspect(bytes: Uint8Array) {
  return await executableInspector.inspect({
    path: 'usr/bin/app',
    size: bytes.byteLength,
    content: (async function* () {
      yield bytes
    })(),
  })
}

const CONTENT = packed(AUDIT)

describe('a Rust program built with cargo-auditable', () => {
  it.each([
    ['ELF', elfBytes([{ name: '.dep-v0', content: CONTENT }])],
    ['PE', peBytes([{ name: '.dep-v0', content: CONTENT }])],
    ['Mach-O', machOBytes([{ name: '.dep-v0', content: CONTENT }])],
  ])('says what it was built of in %s', async (_, bytes) => {
    const found = await inspect(bytes)
    expect(found?.missed).toBe(false)
    expect(found?.catalog?.components.map(({ purl, type, scope }) => `${purl} ${type} ${scope}`)).toEqual([
      'pkg:cargo/app@0.3.0 application required',
      'pkg:cargo/serde@1.0.200 library required',
      'pkg:cargo/forked@2.0.0 library required',
      'pkg:cargo/cc@1.0.90 library dev',
      'pkg:cargo/odd@1.0.0 library required',
    ])
    expect(found?.catalog?.edges.map(({ from, to }) => `${from} > ${to}`.replaceAll('pkg:cargo/', ''))).toEqual([
      'app@0.3.0 > serde@1.0.200',
      'app@0.3.0 > forked@2.0.0',
      'forked@2.0.0 > serde@1.0.200',
    ])
  })

  it.each([
    ['is not packed', utf8('{"packages":[]}')],
    ['is no JSON', packed('packages')],
    ['has another shape', packed({ packages: [{ name: 'x' }] })],
    ['is cut off', CONTENT.subarray(0, 20)],
    ['unpacks to more than the cap', packed(' '.repeat(20 * 1024 * 1024))],
    ['lies in the middle of a file too large to be kept', undefined],
  ])('makes the SBOM incomplete when its list %s', async (_, content) => {
    const bytes =
      content === undefined
        ? elfBytes(
            [
              { name: '.text', content: new Uint8Array(100_000) },
              { name: '.dep-v0', content: CONTENT },
            ],
            { padding: 70 * 1024 * 1024 },
          )
        : elfBytes([{ name: '.dep-v0', content }])
    expect(await inspect(bytes)).toMatchObject({ missed: true, catalog: { components: [] } })
  })

  it('is read or passed over: 10,000 seeded mutations', { timeout: 120_000 }, async () => {
    const plain = await fuzz(
      [utf8(JSON.stringify(AUDIT))],
      (json) => inspect(elfBytes([{ name: '.dep-v0', content: packed(new TextDecoder().decode(json)) }])),
      {
        rounds: 5000,
      },
    )
    expect(plain.strange).toEqual([])
    expect((await fuzz([elfBytes([{ name: '.dep-v0', content: CONTENT }])], inspect)).strange).toEqual([])
  })
})
