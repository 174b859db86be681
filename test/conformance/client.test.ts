import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { statementBytes } from '../../src/evidence/statement.ts'
import { digestSetOf } from '../../src/kernel/digest.ts'
import { parseTrustedRoot } from '../../src/trust/sigstore/trusted-root.ts'
import { startFakeSigstore } from '../support/fake-sigstore.ts'
import type { FakeSigstore } from '../support/fake-sigstore.ts'
import { run } from '../../conformance/run.ts'
import { REPOSITORY } from '../support/sample-project.ts'
import { runProgram } from '../support/run-tally.ts'
import { sharedData } from '../support/shared-data.ts'
import { ARTIFACT, MESSAGE, byIdentity, fakeInstance, whyRefused } from '../support/sigstore-in-memory/verify.ts'
import { readSigstoreCases } from './sigstore-cases.ts'

const data = sharedData('sigstore-conformance')
const cases = data === undefined ? [] : readSigstoreCases(data)
const client = async (...words: readonly string[]) => ({ exitCode: await run(words) })

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

test.each([
  ['client', ['verify-bundle', '--bundle', 'x'], 2, 'error[usage]: '],
  ['tuf-client', ['refresh'], 1, 'error[usage]: --metadata-dir: is missing'],
])('the executable %s starts anywhere, and ends as it answers', async (name, words, exitCode, said) => {
  const started = await runProgram(join(REPOSITORY, 'conformance', name), words, { cwd: '/' })
  expect(started).toMatchObject({ exitCode, stderr: expect.stringContaining(said) as unknown })
})

describe('sign-bundle', () => {
  let sigstore: FakeSigstore
  let dir = ''
  beforeAll(async () => {
    sigstore = await startFakeSigstore()
    dir = await fs.mkdtemp(join(tmpdir(), 'tally-'))
    await fs.writeFile(join(dir, 'config.json'), sigstore.signingConfig)
    await fs.writeFile(join(dir, 'root.json'), sigstore.trustedRoot)
    await fs.writeFile(join(dir, 'a.txt'), MESSAGE)
    await fs.writeFile(
      join(dir, 'statement.json'),
      statementBytes({
        subject: [{ name: 'a.txt', digest: digestSetOf(ARTIFACT.digest) }],
        predicateType: 'https://example.com/any',
        predicate: {},
      }),
    )
  })
  afterAll(async () => {
    await sigstore.close()
    await fs.rm(dir, { recursive: true })
  })
  const sign = (token: string, ...more: readonly string[]) => {
    const services = ['--trusted-root', join(dir, 'root.json'), '--signing-config', join(dir, 'config.json')]
    return client('sign-bundle', '--identity-token', token, '--bundle', join(dir, 'out.json'), ...services, ...more)
  }

  test.each([
    ['a file', ['a.txt']],
    ['a statement', ['--in-toto', 'statement.json']],
  ])('of %s is verified by the identity of the token', async (_, words) => {
    const file = words.map((word) => (word.startsWith('--') ? word : join(dir, word)))
    expect(await sign(sigstore.issuer.token('dev@example.com'), ...file)).toMatchObject({ exitCode: 0 })
    // This instance has no log of certificates.
    const instance = fakeInstance(parseTrustedRoot(sigstore.trustedRoot, 'root.json'), { certificateLogs: 0 })
    const bundle: object = JSON.parse(await fs.readFile(join(dir, 'out.json'), 'utf8')) as object
    expect(await whyRefused(bundle, byIdentity(instance, 'dev@example.com', sigstore.issuer.origin))).toBe('accepted')
    expect(await whyRefused(bundle, byIdentity(instance, 'other@example.com', sigstore.issuer.origin))).toMatch(/not trusted/)
  })

  test('with no token, or one that is none, ends with 2', async () => {
    expect(await sign('a.b.c', join(dir, 'a.txt'))).toMatchObject({ exitCode: 2 })
    expect(await client('sign-bundle', '--bundle', join(dir, 'out.json'), join(dir, 'a.txt'))).toMatchObject({ exitCode: 2 })
    expect(await client('sign-bundle', '--key', 'x', join(dir, 'a.txt'))).toMatchObject({ exitCode: 2 })
  })
})
