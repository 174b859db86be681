import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { KEY_ALGORITHMS } from '../../src/trust/schemes.ts'
import { PROVENANCE } from '../support/signed-evidence.ts'
import { tallyInside } from '../support/tally-inside.ts'

// A key of every kind that there is, made, and then used by every verb that signs a file; the log of the data directory holds it all.
describe.each(KEY_ALGORITHMS)('a key of kind %s', (kind) => {
  let dir = ''
  const tally = async (...words: readonly string[]) => await tallyInside(dir, words)
  beforeAll(async () => {
    dir = await fs.mkdtemp(join(tmpdir(), 'tally-'))
    await fs.writeFile(join(dir, 'release.txt'), 'the released file\n')
    await fs.writeFile(join(dir, 'other.txt'), 'something else\n')
    await fs.writeFile(join(dir, 'predicate.json'), JSON.stringify(PROVENANCE))
    expect(await tally('key', 'new', 'k.pem', '--type', kind, '--insecure-no-passphrase')).toMatchObject({ exitCode: 0 })
    expect(await tally('key', 'new', 'other.pem', '--type', kind, '--insecure-no-passphrase')).toMatchObject({ exitCode: 0 })
  }, 30_000)
  afterAll(() => fs.rm(dir, { recursive: true }))

  test.each([
    ['sign-blob', ['sign-blob', '--key', 'k.pem', '--yes', '--bundle', 'b.json', 'release.txt']],
    ['attest-blob', ['attest-blob', '--key', 'k.pem', '--predicate', 'predicate.json', '--type', 'slsaprovenance1', '--yes', '--bundle', 'b.json', 'release.txt']], // prettier-ignore
  ])('signs by %s, and only its public half and these bytes verify', async (_, words) => {
    expect(await tally(...words)).toMatchObject({ exitCode: 0 })
    const verify = async (file: string, key: string) =>
      (await tally('verify', join(dir, file), '--key', key, '--bundle', 'b.json', '--isolated')).exitCode
    expect(await verify('release.txt', 'k.pub')).toBe(0)
    expect(await verify('other.txt', 'k.pub')).toBe(1)
    expect(await verify('release.txt', 'other.pub')).toBe(1)
  })

  test('signs and attests into the log of the data directory, which it vouches for and which holds', async () => {
    const at = ['--key', 'k.pem', '--yes', join(dir, 'release.txt')]
    expect(await tally('sign', ...at)).toMatchObject({ exitCode: 0 })
    const attest = ['attest', '--predicate', 'predicate.json', '--type', 'slsaprovenance1']
    expect(await tally(...attest, ...at)).toMatchObject({ exitCode: 0 })
    expect(await tally('log', 'check')).toMatchObject({ exitCode: 0 })
    const verified = await tally('verify', join(dir, 'release.txt'), '--key', 'k.pub', '--format', 'json')
    expect(verified).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('checkpointBy') as unknown })
  })
})
