import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { REPOSITORY } from '../support/sample-project.ts'
import { runProgram } from '../support/run-tally.ts'
import { sharedData } from '../support/shared-data.ts'
import { readSigstoreCases } from './sigstore-cases.ts'

const data = sharedData('sigstore-conformance')
const cases = data === undefined ? [] : readSigstoreCases(data)
const client = (...words: readonly string[]) => runProgram(join(REPOSITORY, 'conformance/client'), words, { cwd: '/' })

describe.skipIf(data === undefined)('the client of sigstore-conformance', () => {
  const file = (name: string, of = 'bundle.sigstore.json') => join(data ?? '', 'bundle-verify', name, of)
  const artifact = join(data ?? '', 'bundle-verify/a.txt')
  const [any] = cases
  const identity = ['--certificate-identity', any?.identity ?? '', '--certificate-oidc-issuer', any?.issuer ?? '']

  test.each([
    ['a good bundle', 0, ['--bundle', file('happy-path-v0.3-new-mediaType'), ...identity, artifact]],
    ['a bad one', 1, ['--bundle', file('signature-mismatch_fail'), ...identity, artifact]],
    [
      'a root of its own',
      0,
      ['--bundle', file('rekor2-happy-path'), ...identity, '--trusted-root', file('rekor2-happy-path', 'trusted_root.json'), artifact],
    ],
    [
      'a digest',
      0,
      ['--bundle', file('happy-path-v0.1'), ...identity, 'sha256:a0cfc71271d6e278e57cd332ff957c3f7043fdda354c4cbb190a30d56efa01bf'],
    ],
    ['a digest of something else', 1, ['--bundle', file('happy-path-v0.1'), ...identity, `sha256:${'0'.repeat(64)}`]],
    ['a key', 0, ['--bundle', file('managed-key-happy-path'), '--key', file('managed-key-happy-path', 'key.pub'), artifact]],
    ['another key', 2, ['--bundle', file('managed-key-wrong-key_fail'), '--key', file('managed-key-wrong-key_fail', 'key.pub'), artifact]],
    [
      'a key and an identity',
      2,
      ['--bundle', file('managed-key-happy-path'), ...identity, '--key', file('managed-key-happy-path', 'key.pub'), artifact],
    ],
    ['an identity without issuer', 2, ['--bundle', file('happy-path-v0.1'), '--certificate-identity', 'x', artifact]],
    ['a flag nobody knows', 2, ['--bundle', file('happy-path-v0.1'), ...identity, '--insecure', artifact]],
    ['no artifact', 2, ['--bundle', file('happy-path-v0.1'), ...identity]],
  ])('verify-bundle with %s ends with %i', async (_, exitCode, words) => {
    expect(await client('verify-bundle', ...words)).toMatchObject({ exitCode })
  })
})
