import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { toBase64, utf8 } from '../../src/kernel/bytes.ts'
import { canonicalJson } from '../../src/kernel/json.ts'
import { publicKeyOf } from '../../src/trust/keys.ts'
import { newPair, signBytes } from '../support/sigstore-in-memory/certificates.ts'
import {
  IDENTITY,
  ISSUER,
  issuerCertificate,
  leafOf,
  rootCertificate,
  signedBundle,
  trustedRootJson,
  tsaCertificate,
  tsaRootCertificate,
} from '../support/sigstore-in-memory/instance.ts'
import { ARTIFACT, MESSAGE } from '../support/sigstore-in-memory/verify.ts'
import { runTally } from '../support/run-tally.ts'
import { tallyInside } from '../support/tally-inside.ts'

// Lines written for cosign, with the word exchanged: what is answered, and how it ends.

let dir = ''
const key = newPair()
const pem = (der: Uint8Array) => `-----BEGIN CERTIFICATE-----\n${toBase64(der)}\n-----END CERTIFICATE-----\n`
const statement = utf8(
  canonicalJson({
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'release.txt', digest: { sha256: ARTIFACT.digest.slice(7) } }],
    predicateType: 'https://openvex.dev/ns',
    predicate: {},
  }),
)

beforeAll(async () => {
  dir = await fs.mkdtemp(join(tmpdir(), 'tally-'))
  const files: Readonly<Record<string, string | Uint8Array>> = {
    'release.txt': MESSAGE,
    'other.txt': 'something else\n',
    'root.json': JSON.stringify(trustedRootJson()),
    'keyless.json': JSON.stringify(signedBundle(MESSAGE, { key: newPair() })),
    'stamped.json': JSON.stringify(signedBundle(MESSAGE, { key: newPair(), log: 'v2' })),
    'keyed.json': JSON.stringify(signedBundle(MESSAGE, { key, bare: true })),
    'attested.json': JSON.stringify(signedBundle(MESSAGE, { key: newPair(), statement: { payload: statement } })),
    'key.pub': publicKeyOf(key.publicKey).pem,
    'other.pub': publicKeyOf(newPair().publicKey).pem,
    'release.txt.sig': toBase64(signBytes(key, MESSAGE)),
    'leaf.pem': pem(leafOf(key, { from: '2020-01-01T00:00:00Z', to: '2034-01-01T00:00:00Z', scts: [] })),
    'tsa.pem': pem(tsaCertificate) + pem(tsaRootCertificate),
    'other-tsa.pem': pem(rootCertificate),
    'no-tsa.json': JSON.stringify({ ...trustedRootJson(), timestampAuthorities: [] }),
    'chain.pem': pem(issuerCertificate) + pem(rootCertificate),
  }
  for (const [name, content] of Object.entries(files)) await fs.writeFile(join(dir, name), content)
})
afterAll(() => fs.rm(dir, { recursive: true }))

const tally = async (line: string) => await tallyInside(dir, [...line.split(' '), '--offline'])
const who = `--certificate-identity ${IDENTITY} --certificate-oidc-issuer ${ISSUER} --trusted-root root.json`

describe('a yes', () => {
  test.each([
    `verify-blob release.txt --bundle keyless.json ${who}`,
    `verify-blob ${ARTIFACT.digest} --bundle keyless.json ${who}`,
    `verify-blob release.txt --bundle stamped.json --use-signed-timestamps ${who}`,
    `verify-blob release.txt --bundle stamped.json --use-signed-timestamps --timestamp-certificate-chain tsa.pem ${who.replace('root.json', 'no-tsa.json')}`,
    `verify-blob release.txt --bundle keyless.json --certificate-identity-regexp ^https://github.com/example/.*@refs/heads/main$ --certificate-oidc-issuer-regexp https://token\\.example\\.(com|org) --trusted-root root.json`,
    'verify-blob release.txt --bundle keyed.json --key key.pub --trusted-root root.json',
    'verify-blob release.txt --key key.pub --signature release.txt.sig --insecure-ignore-tlog=true',
    `verify-blob release.txt --signature release.txt.sig --certificate leaf.pem --certificate-chain chain.pem --certificate-identity ${IDENTITY} --certificate-oidc-issuer ${ISSUER} --insecure-ignore-tlog --insecure-ignore-sct`,
    `verify-blob-attestation release.txt --bundle attested.json --type openvex ${who}`,
    `verify-blob-attestation --bundle attested.json --type https://openvex.dev/ns --digest ${ARTIFACT.digest.slice(7)} --digestAlg sha256 ${who}`,
  ])('%s', async (line) => {
    expect(await tally(line)).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('Verified OK') as unknown })
  })

  test('of `verify` says who, when, and in which log', async () => {
    const { exitCode, stdout } = await tally(`verify ${join(dir, 'release.txt')} --isolated --bundle keyless.json ${who}`)
    expect(exitCode).toBe(0)
    expect(stdout).toContain('entry 6 of rekor.test')
    expect(stdout).toContain('signed 2026-01-01T00:05:00.000Z, by the word of the log')
    const json = JSON.parse((await tally(`verify ${join(dir, 'release.txt')} --isolated --bundle keyless.json ${who} -o json`)).stdout) as {
      receipts: unknown[]
    }
    expect(json.receipts).toMatchObject([
      { signer: { identity: { subject: IDENTITY, issuer: ISSUER } }, transparency: [{ log: 'rekor.test', treeSize: 2 }] },
    ])
  })

  test('by key alone says that it is not logged', async () => {
    const { exitCode, stdout } = await tally('verify-blob release.txt --key key.pub --signature release.txt.sig --insecure-ignore-tlog')
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('not logged')])
  })
})

test('a whole process says the same, and needs no network for it', async () => {
  const project = { dir, env: { PATH: process.env['PATH'] ?? '', HOME: dir, TALLY_DATA_DIR: join(dir, 'other-data') } }
  const line = (file: string) => runTally(project, 'verify-blob', file, '--bundle', 'keyless.json', ...who.split(' '))
  expect(await line('release.txt')).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('Verified OK') as unknown })
  expect(await line('other.txt')).toMatchObject({ exitCode: 1 })
})

test('a file from stdin', async () => {
  const words = ['verify-blob', '-', '--bundle', 'keyless.json', ...who.split(' ')]
  expect(await tallyInside(dir, words, MESSAGE)).toMatchObject({ exitCode: 0 })
  expect(await tallyInside(dir, words, utf8('other'))).toMatchObject({ exitCode: 1 })
})

describe('a no ends with 1', () => {
  test.each([
    ['another file', `verify-blob other.txt --bundle keyless.json ${who}`],
    ['a timestamp of nobody', `verify-blob release.txt --bundle stamped.json ${who.replace('root.json', 'no-tsa.json')}`],
    ['a timestamp of somebody else', `verify-blob release.txt --bundle stamped.json --timestamp-certificate-chain other-tsa.pem ${who}`],
    ['another identity', `verify-blob release.txt --bundle keyless.json ${who.replace('@refs', 'x@refs')}`],
    ['another issuer', `verify-blob release.txt --bundle keyless.json ${who.replace(ISSUER, 'https://token.example.org')}`],
    ['another key', 'verify-blob release.txt --bundle keyed.json --key other.pub --trusted-root root.json'],
    ['no log, where one is asked for', 'verify-blob release.txt --key key.pub --signature release.txt.sig --trusted-root root.json'],
    ['no timestamp, where one is asked for', `verify-blob release.txt --bundle keyless.json --use-signed-timestamps ${who}`],
    ['another root', `verify-blob release.txt --bundle keyless.json ${who.replace(' --trusted-root root.json', '')}`],
    ['CVE-2022-35929: another type', `verify-blob-attestation release.txt --bundle attested.json --type spdxjson ${who}`],
    ['CVE-2026-39395: no type, which means custom', `verify-blob-attestation release.txt --bundle attested.json ${who}`],
    ['an attestation, where a signature is asked for', `verify-blob release.txt --bundle attested.json ${who}`],
    ['another workflow', `verify-blob release.txt --bundle keyless.json --certificate-github-workflow-ref refs/heads/main ${who}`],
  ])('%s', async (_, line) => {
    expect(await tally(line)).toMatchObject({ exitCode: 1, stdout: expect.not.stringContaining('verified') as unknown })
  })

  test('CVE-2025-25204, chainloop#3397: where there is nothing to verify', async () => {
    const answer = await tally('verify-blob other.txt --key key.pub --insecure-ignore-tlog')
    expect(answer).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('no-evidence') as unknown })
  })

  test('GHSA-59jp-pj84-45mr: a pattern that matches a part, and is told so', async () => {
    const line = `verify-blob release.txt --bundle keyless.json --certificate-identity-regexp github.com/example --certificate-oidc-issuer ${ISSUER} --trusted-root root.json`
    expect(await tally(line)).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('must match the whole identity') as unknown })
  })
})

describe('a wrong question ends with 2, by its name', () => {
  test.each([
    [
      'an identity without issuer',
      `verify-blob release.txt --bundle keyless.json --certificate-identity ${IDENTITY}`,
      '--certificate-oidc-issuer',
    ],
    [
      'an issuer without identity',
      `verify-blob release.txt --bundle keyless.json --certificate-oidc-issuer ${ISSUER}`,
      '--certificate-identity',
    ],
    ['nobody', 'verify-blob release.txt --bundle keyless.json', '--key'],
    ['a key and an identity', `verify-blob release.txt --bundle keyless.json --key key.pub ${who}`, '--key'],
    ['claims not checked', `verify-blob-attestation release.txt --bundle attested.json --check-claims=false ${who}`, '--check-claims'],
    ['a hardware key', 'verify-blob release.txt --sk', '--sk'],
    ['a log to look into', 'verify-blob release.txt --rekor-url https://rekor.example', '--rekor-url'],
    ['a policy in Rego', 'verify-attestation registry.example/app --policy p.rego', '--policy'],
    [
      'a pattern that is anybody',
      `verify-blob release.txt --certificate-identity-regexp .* --certificate-oidc-issuer ${ISSUER}`,
      '--certificate-identity-regexp',
    ],
    [
      'a pattern beyond what is matched',
      `verify-blob release.txt --certificate-identity-regexp \\bx --certificate-oidc-issuer ${ISSUER}`,
      '--certificate-identity-regexp',
    ],
    ['a root that is none', `verify-blob release.txt --bundle keyless.json ${who.replace('root.json', 'keyless.json')}`, 'keyless.json'],
  ])('%s', async (_, line, where) => {
    expect(await tally(line)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(where) as unknown })
  })
})

describe('identities in a trust list', () => {
  test('are trusted for what they may say, by their own root', async () => {
    const list = (subject: string, may: string) =>
      `version: 1\ntrust:\n  - { name: ci, authority: identity, subject: '${subject}', issuer: '${ISSUER}', root: root.json, may: [${may}] }\n`
    await fs.writeFile(join(dir, 'trust.yaml'), list('pattern:https://github.com/example/*', 'sign'))
    const verify = `verify ${join(dir, 'release.txt')} --isolated --bundle keyless.json --trust trust.yaml`
    expect(await tally(verify)).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(`ci (${IDENTITY}, by ${ISSUER})`) as unknown })
    await fs.writeFile(join(dir, 'trust.yaml'), list('pattern:https://github.com/example/*', 'sbom'))
    expect(await tally(verify)).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('may not say this') as unknown })
    await fs.writeFile(join(dir, 'trust.yaml'), list('https://github.com/example/*', 'sign'))
    expect(await tally(verify)).toMatchObject({ exitCode: 1 })
  })
})

describe('tally trust', () => {
  test('shows the shipped root, pins one, and says no to a refresh offline', async () => {
    expect(await tally('trust show')).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('shipped') as unknown })
    expect(await tally('trust pin root.json')).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('pinned') as unknown })
    expect(await tally('trust show --format json')).toMatchObject({
      stdout: expect.stringContaining('"logs":["rekor.test","log2026.rekor.test"]') as unknown,
    })
    const line = `verify-blob release.txt --bundle keyless.json ${who.replace(' --trusted-root root.json', '')}`
    expect(await tally(line)).toMatchObject({ exitCode: 0 })
    expect(await tally('trust update')).toMatchObject({ exitCode: 5, stderr: expect.stringContaining('offline') as unknown })
  })
})
