import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { LIMITS } from '../kernel/limits.ts'
import { newSigner } from '../../test/support/signed-evidence.ts'
import { loadPublicKey } from './keys.ts'
import { identityAuthoritiesOf, keyAuthoritiesOf, matchIdentity, rootOf } from './authority.ts'
import { openLocalKey } from './local-key.ts'
import { logVerifiersOf, trustKeys } from './trust-keys.ts'
import { readTrustFile, resolveTrust, trustListSchema } from './trust-policy.ts'

const alice = newSigner()
const warnings: string[] = []
const deps = { fs, log: (_: string, message: string) => void warnings.push(message) }
let dir = ''
beforeEach(async () => {
  warnings.length = 0
  dir = await fs.mkdtemp(join(tmpdir(), 'tally-'))
  await fs.writeFile(join(dir, 'alice.pem'), alice.publicKeyPem)
})
afterEach(async () => {
  await fs.rm(dir, { recursive: true })
})
const resolve = (entries: unknown) =>
  resolveTrust(deps, trustListSchema.parse(entries), { baseDir: dir, dataDir: dir, where: 'tally.yaml' })

describe('a trust list', () => {
  test('names keys by path or by PEM, and the key of this data directory', async () => {
    const local = await openLocalKey({ fs, randomBytes: (size) => new Uint8Array(randomBytes(size)) }, dir)
    const bob = newSigner('ed25519')
    const trust = await resolve([
      { name: 'alice', authority: 'key', key: 'alice.pem', may: ['sign', 'sbom'] },
      { name: 'bob', authority: 'key', key: bob.publicKeyPem, may: ['any'] },
      { name: 'this-machine', authority: 'local', may: ['check'] },
    ])
    expect(keyAuthoritiesOf(trust).map(({ name, kind, key, may }) => [name, kind, key.keyId, may])).toEqual([
      ['alice', 'key', alice.keyId, ['sign', 'sbom']],
      ['bob', 'key', bob.keyId, ['any']],
      ['this-machine', 'local', local.signer.keyId, ['check']],
    ])
  })

  test('with `local` where no key was made yet trusts nobody by it, and says so', async () => {
    expect((await resolve([{ name: 'this-machine', authority: 'local', may: ['any'] }])).authorities).toEqual([])
    expect(warnings).toEqual([expect.stringContaining('has no key yet')])
  })

  test('names identities exactly, by pattern only where it says so, and reads a root of their own when it is needed', async () => {
    const entry = {
      name: 'ci',
      authority: 'identity',
      subject: 'pattern:https://x/*',
      issuer: 'https://issuer',
      may: ['sign'],
      root: 'root.json',
    }
    const [ci] = identityAuthoritiesOf(await resolve([entry]))
    const facts = { issuer: 'https://issuer' }
    expect(ci && matchIdentity(ci, ['other', 'https://x/y'], facts)).toBe('https://x/y')
    for (const [identities, issuer] of [
      [['https://x.evil/y'], 'https://issuer'],
      [['https://x/y'], 'https://issuer.evil'],
      [['https://x/y'], undefined],
      [[], 'https://issuer'],
    ] as const) {
      expect(ci && matchIdentity(ci, identities, issuer === undefined ? {} : { issuer })).toBeUndefined()
    }
    await expect(ci?.instance.root()).rejects.toThrow(expect.objectContaining({ code: 'not-found' }))
  })

  test('with an identity and no trusted root is refused', async () => {
    const entry = { name: 'ci', authority: 'identity', subject: 'https://x/y', issuer: 'https://issuer', may: ['sign'] }
    await expect(resolve([entry])).rejects.toThrow(expect.objectContaining({ code: 'config-invalid', where: 'tally.yaml: trust[0] (ci)' }))
  })

  test.each([
    ['an identity without issuer', { name: 'ci', authority: 'identity', subject: 'x', may: ['sign'] }],
    ['anybody as the identity', { name: 'ci', authority: 'identity', subject: 'pattern:*', issuer: 'x', may: ['sign'] }],
    ['anybody as the issuer', { name: 'ci', authority: 'identity', subject: 'x', issuer: 'pattern:**', may: ['sign'] }],
    ['an unknown kind', { name: 'x', authority: 'root', may: ['sign'] }],
    ['nothing it may', { name: 'x', authority: 'local', may: [] }],
    ['an unknown word in may', { name: 'x', authority: 'local', may: ['everything'] }],
    ['an unknown field', { name: 'x', authority: 'local', may: ['sign'], key: 'x' }],
    ['a name with a comma', { name: 'a, b', authority: 'local', may: ['sign'] }],
    ['a key without key', { name: 'x', authority: 'key', may: ['sign'] }],
  ])('with %s is not valid', (_, entry) => {
    expect(trustListSchema.safeParse([entry]).success).toBe(false)
  })

  test.each([
    [
      'one key under two names',
      [
        { name: 'a', key: 'alice.pem' },
        { name: 'b', key: alice.publicKeyPem },
      ],
      'config-invalid',
      /same key/,
    ],
    [
      'one name for two keys',
      [
        { name: 'a', key: 'alice.pem' },
        { name: 'a', key: newSigner().publicKeyPem },
      ],
      'config-invalid',
      /twice/,
    ],
    ['a key that is missing', [{ name: 'a', key: 'none.pem' }], 'not-found', /not there/],
    ['a key that is none', [{ name: 'a', key: 'tally.yaml' }], 'key-invalid', /not a key/],
  ])('with %s is refused', async (_, keys, code, why) => {
    await fs.writeFile(join(dir, 'tally.yaml'), 'version: 1')
    const entries = keys.map((one) => ({ ...one, authority: 'key', may: ['any'] }))
    await expect(resolve(entries)).rejects.toThrow(expect.objectContaining({ code }))
    await expect(resolve(entries)).rejects.toThrow(why)
  })
})

describe('the trust file of a data directory', () => {
  test('is read where it is, and is nothing where it is not', async () => {
    expect(await readTrustFile(deps, dir)).toBeUndefined()
    await fs.writeFile(join(dir, 'trust.yaml'), 'version: 1\ntrust:\n  - { name: alice, authority: key, key: alice.pem, may: [any] }\n')
    expect(await readTrustFile(deps, dir)).toEqual([{ name: 'alice', authority: 'key', key: 'alice.pem', may: ['any'] }])
  })
  test('that is wrong is refused with its place', async () => {
    await fs.writeFile(join(dir, 'trust.yaml'), 'version: 1\ntrust:\n  - { name: alice, authority: key, may: [any] }\n')
    await expect(readTrustFile(deps, dir)).rejects.toThrow(
      expect.objectContaining({ code: 'config-invalid', where: expect.stringMatching(/trust\.yaml:3:/) }),
    )
  })
})

describe('keys named on the command line', () => {
  test('may say anything and vouch for a log', () => {
    const trust = trustKeys([{ name: 'alice', key: loadPublicKey(alice.publicKeyPem) }])
    expect(trust.authorities[0]?.may).toEqual(['any', 'log'])
    expect(logVerifiersOf(trust)).toHaveLength(1)
  })
  test('count once each', () => {
    const key = loadPublicKey(alice.publicKeyPem)
    expect(() =>
      trustKeys([
        { name: 'a', key },
        { name: 'b', key },
      ]),
    ).toThrow(expect.objectContaining({ code: 'config-invalid' }))
  })
})

test('`any` covers every statement, and vouching for a log must be said', () => {
  const trust = { authorities: [{ name: 'a', kind: 'key', key: loadPublicKey(alice.publicKeyPem), may: ['any'] }], logKeys: [] } as const
  expect(logVerifiersOf(trust)).toEqual([])
})

test.each([
  ['is no trusted root', '{"mediaType":"application/json"}'],
  ['is no JSON', 'x'],
  ['is too large', ' '.repeat(LIMITS.trustedRootBytes + 1)],
])('a root that %s is the fault of who named it', async (_, text) => {
  await fs.writeFile(join(dir, 'root.json'), text)
  const entry = { name: 'ci', authority: 'identity', subject: 'https://x/y', issuer: 'https://issuer', may: ['sign'], root: 'root.json' }
  const [ci] = identityAuthoritiesOf(await resolve([entry]))
  await expect(ci && rootOf(ci.instance)).rejects.toThrow(expect.objectContaining({ code: 'config-invalid' }))
})
