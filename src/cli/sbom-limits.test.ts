import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { testDeps } from '../../test/support/deps.ts'
import { inTempDir } from '../artifact/image-fixture.ts'
import { LIMITS, setLockfileCap } from '../kernel/limits.ts'
import { utf8 } from '../kernel/bytes.ts'
import { readSbom } from '../sbom/formats/read-sbom.ts'
import { sbom } from './commands/sbom.ts'
import { parseLine } from './parse-flags.ts'
import { openTerminal } from './terminal.ts'

const DEFAULT = LIMITS.lockfileBytes

afterEach(() => {
  setLockfileCap(DEFAULT)
})

async function list(dir: string, ...words: readonly string[]): Promise<string> {
  let out = ''
  const terminal = { ...openTerminal({ stdout: process.stdout, stderr: process.stderr, stdin: {} }, 'never', {}) }
  const shown = { ...terminal, outBytes: (bytes: Uint8Array) => void (out += Buffer.from(bytes).toString('utf8')) }
  const line = parseLine(sbom, [`dir:${dir}`, '--format', 'purls', ...words], {})
  await sbom.run({ ...line, deps: testDeps(), terminal: shown, cwd: dir, stdin: () => process.stdin })
  return out
}

/** A lockfile of somewhat more than a mebibyte. */
function largeLockfile(): string {
  const packages = Object.fromEntries(
    Array.from({ length: 9000 }, (_, at) => [
      `node_modules/package-${at}`,
      { version: '1.0.0', resolved: `https://registry.example/package-${at}/-/package-${at}-1.0.0.tgz`, license: 'MIT' },
    ]),
  )
  return JSON.stringify({ name: 'large', lockfileVersion: 3, packages: { '': { name: 'large', version: '1.0.0' }, ...packages } })
}

describe('a lockfile over the cap', () => {
  test('is refused with the flag that lifts it, and read with it', async () => {
    await inTempDir(async (dir) => {
      await writeFile(join(dir, 'package-lock.json'), largeLockfile())
      await expect(list(dir, '--max-lockfile', '1')).rejects.toThrow(
        expect.objectContaining({ code: 'limit-exceeded', hint: expect.stringContaining('--max-lockfile') as string }),
      )
      expect((await list(dir, '--max-lockfile', '2')).split('\n')).toContain('pkg:npm/package-8999@1.0.0')
    })
  })

  test.each(['0', '-1', '1.5', 'all', '99999'])('is not lifted to %s', async (size) => {
    await expect(list('.', `--max-lockfile=${size}`)).rejects.toThrow(expect.objectContaining({ code: 'usage' }))
  })

  test('is never lifted past what can be parsed', () => {
    expect(setLockfileCap(10 ** 12)).toBe(400 * 1024 * 1024)
  })
})

test('an SBOM that this program wrote is read again, also one of more than 64 MiB', () => {
  const component = { type: 'library', name: 'a', version: '1', purl: 'pkg:npm/a@1', description: 'x'.repeat(65 * 1024 * 1024) }
  const document = utf8(JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.6', version: 1, components: [component] }))
  expect(readSbom(document).sbom.components.map(({ purl }) => purl)).toEqual(['pkg:npm/a@1'])
})
