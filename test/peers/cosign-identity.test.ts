import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { utf8 } from '../../src/kernel/bytes.ts'
import { publicKeyOf } from '../../src/trust/keys.ts'
import { cosign, runCosign } from '../support/cosign.ts'
import { newPair } from '../support/sigstore-in-memory/certificates.ts'
import { IDENTITY, ISSUER, leafOf, signedBundle, trustedRootJson } from '../support/sigstore-in-memory/instance.ts'
import type { BundleJson } from '../support/sigstore-in-memory/instance.ts'
import { ARTIFACT, MESSAGE } from '../support/sigstore-in-memory/verify.ts'
import { tallyInside } from '../support/tally-inside.ts'

// The same line said to cosign and to tally, about bundles of our own instance: both say yes, or both say no.

describe.skipIf(cosign === undefined)('a line for cosign and for tally', () => {
  let dir = ''
  const key = newPair()
  const statement = utf8(
    JSON.stringify({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: 'release.txt', digest: { sha256: ARTIFACT.digest.slice(7) } }],
      predicateType: 'https://openvex.dev/ns',
      predicate: {},
    }),
  )
  const changed = (change: (bundle: BundleJson) => void): BundleJson => {
    const bundle = signedBundle(MESSAGE, { key: newPair() })
    change(bundle)
    return bundle
  }
  const bundles: Readonly<Record<string, BundleJson>> = {
    v1: signedBundle(MESSAGE, { key: newPair() }),
    v2: signedBundle(MESSAGE, { key: newPair(), log: 'v2' }),
    keyed: signedBundle(MESSAGE, { key, bare: true }),
    attested: signedBundle(MESSAGE, { key: newPair(), statement: { payload: statement, kind: 'dsse' } }),
    'without-log': changed(({ verificationMaterial }) => void (verificationMaterial.tlogEntries = [])),
    'other-signature': changed(
      (bundle) =>
        void (bundle.messageSignature = signedBundle(MESSAGE).messageSignature ?? {
          messageDigest: { algorithm: '', digest: '' },
          signature: '',
        }),
    ),
    expired: signedBundle(MESSAGE, { key, leaf: leafOf(key, { to: '2026-01-01T00:04:00Z' }) }),
    unlisted: signedBundle(MESSAGE, { key, leaf: leafOf(key, { scts: [] }) }),
  }
  beforeAll(async () => {
    dir = await fs.mkdtemp(join(tmpdir(), 'tally-'))
    await fs.writeFile(join(dir, 'release.txt'), MESSAGE)
    await fs.writeFile(join(dir, 'other.txt'), 'other')
    await fs.writeFile(
      join(dir, 'root.json'),
      JSON.stringify({ ...trustedRootJson(), mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1' }),
    )
    await fs.writeFile(join(dir, 'key.pub'), publicKeyOf(key.publicKey).pem)
    for (const [name, bundle] of Object.entries(bundles)) await fs.writeFile(join(dir, `${name}.json`), JSON.stringify(bundle))
  })
  afterAll(() => fs.rm(dir, { recursive: true }))

  const who = ['--certificate-identity', IDENTITY, '--certificate-oidc-issuer', ISSUER]
  const cases: readonly (readonly [yes: boolean, verb: string, file: string, bundle: string, flags: readonly string[]])[] = [
    [true, 'verify-blob', 'release.txt', 'v1', who],
    [true, 'verify-blob', 'release.txt', 'v2', [...who, '--use-signed-timestamps']],
    [true, 'verify-blob', 'release.txt', 'keyed', ['--key', 'key.pub']],
    [true, 'verify-blob-attestation', 'release.txt', 'attested', [...who, '--type', 'openvex']],
    [false, 'verify-blob', 'other.txt', 'v1', who],
    [false, 'verify-blob', 'release.txt', 'v1', ['--certificate-identity', `${IDENTITY}x`, '--certificate-oidc-issuer', ISSUER]],
    [
      false,
      'verify-blob',
      'release.txt',
      'v1',
      ['--certificate-identity', IDENTITY, '--certificate-oidc-issuer', 'https://token.example.org'],
    ],
    [false, 'verify-blob', 'release.txt', 'without-log', who],
    [false, 'verify-blob', 'release.txt', 'other-signature', who],
    [false, 'verify-blob', 'release.txt', 'expired', who],
    [false, 'verify-blob', 'release.txt', 'unlisted', who],
    [false, 'verify-blob-attestation', 'release.txt', 'attested', [...who, '--type', 'spdxjson']],
    [false, 'verify-blob-attestation', 'other.txt', 'attested', [...who, '--type', 'openvex']],
    [false, 'verify-blob', 'release.txt', 'v1', []],
  ]

  test.each(cases)('%s: %s %s --bundle %s', async (yes, verb, file, bundle, flags) => {
    const line = [verb, file, '--bundle', `${bundle}.json`, '--trusted-root', 'root.json', ...flags]
    const theirs = await runCosign(dir, line)
    const ours = await tallyInside(dir, [...line, '--offline'])
    expect([theirs.ok, ours.exitCode === 0], `${theirs.said}\n${ours.stderr}`).toEqual([yes, yes])
  })
})
