import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { inTempDir } from '../artifact/image-fixture.ts'
import { fromSpdx } from '../sbom/formats/spdx/read.ts'
import { testDeps } from '../../test/support/deps.ts'
import { answerBuildkit, isBuildkitScan } from './buildkit-scan.ts'

const CREATED = '2026-11-25T00:00:00Z'

async function rootWith(folder: string, name: string, version: string): Promise<string> {
  const place = join(folder, 'app', 'node_modules', name)
  await mkdir(place, { recursive: true })
  await writeFile(join(place, 'package.json'), JSON.stringify({ name, version }))
  return folder
}

async function scan(env: Record<string, string>): Promise<readonly string[]> {
  return await answerBuildkit(testDeps({ env }), CREATED)
}

describe('a BuildKit SBOM generator', () => {
  test('writes one statement for the result and one for each extra, named after them', async () => {
    await inTempDir(async (dir) => {
      const out = join(dir, 'out')
      await mkdir(out)
      await writeFile(join(dir, 'no-folder'), 'a file among the extras is no root file system')
      const source = await rootWith(join(dir, 'core', 'sbom'), 'left-pad', '1.3.0')
      await rootWith(join(dir, 'extras', 'build-stage'), 'esbuild', '0.25.0')
      await writeFile(join(dir, 'extras', 'note.txt'), 'no target')

      await scan({ BUILDKIT_SCAN_SOURCE: source, BUILDKIT_SCAN_SOURCE_EXTRAS: join(dir, 'extras'), BUILDKIT_SCAN_DESTINATION: out })

      expect((await readdir(out)).toSorted()).toEqual(['build-stage.spdx.json', 'sbom.spdx.json'])
      const statement = JSON.parse(await readFile(join(out, 'sbom.spdx.json'), 'utf8')) as Record<string, unknown>
      expect(statement).toMatchObject({
        _type: 'https://in-toto.io/Statement/v0.1',
        predicateType: 'https://spdx.dev/Document',
        subject: [],
      })
      const sbom = fromSpdx(Buffer.from(JSON.stringify(statement['predicate'])))
      expect(sbom.subject.name).toBe('sbom')
      expect(sbom.components.map(({ purl }) => purl)).toEqual(['pkg:npm/left-pad@1.3.0'])
      expect(await readFile(join(out, 'build-stage.spdx.json'), 'utf8')).toContain('pkg:npm/esbuild@0.25.0')
      expect(JSON.stringify(statement)).not.toContain(dir)
    })
  })

  test.each([
    ['not set', {}],
    ['empty', { BUILDKIT_SCAN_SOURCE_EXTRAS: '' }],
    ['a folder that is not there', { BUILDKIT_SCAN_SOURCE_EXTRAS: '/nowhere/at/all' }],
  ])('scans the result alone when the extras are %s', async (_, extras: Record<string, string>) => {
    await inTempDir(async (dir) => {
      const source = await rootWith(join(dir, 'sbom'), 'left-pad', '1.3.0')
      expect(await scan({ BUILDKIT_SCAN_SOURCE: source, BUILDKIT_SCAN_DESTINATION: dir, ...extras })).toEqual([join(dir, 'sbom.spdx.json')])
    })
  })

  test('gives the same bytes twice', async () => {
    await inTempDir(async (dir) => {
      const source = await rootWith(join(dir, 'sbom'), 'left-pad', '1.3.0')
      const env = { BUILDKIT_SCAN_SOURCE: source, BUILDKIT_SCAN_DESTINATION: dir }
      const [file = ''] = await scan(env)
      const first = await readFile(file)
      await scan(env)
      expect(await readFile(file)).toEqual(first)
    })
  })

  test.each([
    ['no destination', { BUILDKIT_SCAN_SOURCE: '/run/src/core/sbom' }, 'BUILDKIT_SCAN_DESTINATION'],
    ['no source', { BUILDKIT_SCAN_DESTINATION: '/run/out' }, 'BUILDKIT_SCAN_SOURCE'],
    ['a source without a name', { BUILDKIT_SCAN_SOURCE: '/', BUILDKIT_SCAN_DESTINATION: '/run/out' }, 'BUILDKIT_SCAN_SOURCE'],
  ])('refuses %s, and names the variable', async (_, env: Record<string, string>, where) => {
    await expect(scan(env)).rejects.toThrow(expect.objectContaining({ code: 'usage', where }))
  })

  test('refuses an extra with the name of the result: one would overwrite the other', async () => {
    await inTempDir(async (dir) => {
      const source = await rootWith(join(dir, 'core', 'sbom'), 'left-pad', '1.3.0')
      await rootWith(join(dir, 'extras', 'sbom'), 'esbuild', '0.25.0')
      const env = { BUILDKIT_SCAN_SOURCE: source, BUILDKIT_SCAN_SOURCE_EXTRAS: join(dir, 'extras'), BUILDKIT_SCAN_DESTINATION: dir }
      await expect(scan(env)).rejects.toThrow(expect.objectContaining({ code: 'usage' }))
    })
  })

  test('is what it is only when BuildKit says so', () => {
    expect(isBuildkitScan({})).toBe(false)
    expect(isBuildkitScan({ BUILDKIT_SCAN_SOURCE: '' })).toBe(false)
    expect(isBuildkitScan({ BUILDKIT_SCAN_SOURCE: '/run/src/core/sbom' })).toBe(true)
  })
})
