import { execFileSync } from 'node:child_process'
import { createHash, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { utf8 } from '../kernel/bytes.ts'
import { exportPrivateKey, generateKey, isEncryptedKey, loadPublicKey, loadSigner, publicKeyOf } from './keys.ts'
import { KEY_ALGORITHMS } from './schemes.ts'
import type { KeyAlgorithm } from './schemes.ts'

const bytes = utf8('what is signed')
const openssl = (args: string[], input = ''): string => execFileSync('openssl', args, { input, encoding: 'utf8', stdio: 'pipe' })
/** OpenSSL has ML-DSA from 3.5 on. */
const theirs = openssl(['list', '-public-key-algorithms'])
const isTheirs = (kind: KeyAlgorithm) => !kind.startsWith('ml-dsa') || theirs.includes(kind.toUpperCase())
if (!isTheirs('ml-dsa-44')) process.stderr.write('SKIPPED: the `openssl` of this machine has no ML-DSA, so it is not compared with ours\n')

describe.each(KEY_ALGORITHMS)('a key of kind %s', (kind) => {
  const key = generateKey(kind)
  const plain = exportPrivateKey(key, undefined)

  test('signs, and its public half verifies exactly that', async () => {
    const signer = loadSigner(plain)
    const publicKey = loadPublicKey(signer.publicKeyPem)
    const signature = await signer.sign(bytes)
    expect(signer.algorithm).toBe(kind)
    expect(publicKey.verify(bytes, signature)).toBe(true)
    expect(publicKey.verify(utf8('what is not'), signature)).toBe(false)
    expect(publicKeyOf(generateKey(kind)).verify(bytes, signature)).toBe(false)
  })
  test('is named by the SHA-256 of its SubjectPublicKeyInfo', () => {
    const spki = createPublicKey(key).export({ type: 'spki', format: 'der' })
    expect(loadSigner(plain).keyId).toBe(createHash('sha256').update(spki).digest('hex'))
  })
  test('comes back from its encrypted form with the passphrase only', () => {
    const pem = exportPrivateKey(key, 'päss phrase')
    expect(isEncryptedKey(pem)).toBe(true)
    expect(loadSigner(pem, 'päss phrase').keyId).toBe(loadSigner(plain).keyId)
    expect(() => loadSigner(pem, 'other')).toThrow(expect.objectContaining({ code: 'passphrase-wrong' }))
    expect(() => loadSigner(pem)).toThrow(expect.objectContaining({ code: 'passphrase-missing' }))
  })
  test('is refused as damaged, not as a wrong passphrase, when bytes are missing', () => {
    const lines = exportPrivateKey(key, 'pass').split('\n')
    lines.splice(1, 1)
    expect(() => loadSigner(lines.join('\n'), 'pass')).toThrow(expect.objectContaining({ code: 'key-invalid' }))
  })
  test.skipIf(!isTheirs(kind))('is read by OpenSSL from its encrypted form, and OpenSSL’s forms are read here', () => {
    const pem = exportPrivateKey(key, 'pass')
    expect(openssl(['pkey', '-passin', 'pass:pass', '-pubout'], pem)).toBe(loadSigner(plain).publicKeyPem)
    for (const how of [['-scrypt'], ['-v2', 'aes-256-cbc', '-v2prf', 'hmacWithSHA256']]) {
      const theirs = openssl(['pkcs8', '-topk8', ...how, '-passout', 'pass:pass'], plain)
      expect(loadSigner(theirs, 'pass').keyId).toBe(loadSigner(plain).keyId)
    }
  })
})

test('a P-384 key signs with SHA-256, which cosign accepts by key, and SHA-384 as cosign writes it is accepted', async () => {
  const key = generateKey('ecdsa-p384')
  const verifier = publicKeyOf(key)
  expect(verifier.verify(bytes, sign('sha384', bytes, key))).toBe(true)
  expect(verifier.verify(bytes, sign('sha512', bytes, key))).toBe(false)
  const signature = await loadSigner(exportPrivateKey(key, undefined)).sign(bytes)
  expect(signature).not.toHaveLength(96)
  expect(verifier.verify(bytes, signature)).toBe(true)
})

test('one key has one id, however its file writes the point', () => {
  const pem = openssl(['ecparam', '-genkey', '-name', 'prime256v1', '-noout'])
  const long = openssl(['ec', '-pubout'], pem)
  const short = openssl(['ec', '-pubout', '-conv_form', 'compressed'], pem)
  expect(short).not.toBe(long)
  expect(loadPublicKey(short).keyId).toBe(loadPublicKey(long).keyId)
})

test('SEC1 files with parameters before the key are read', () => {
  expect(loadSigner(openssl(['ecparam', '-genkey', '-name', 'prime256v1'])).algorithm).toBe('ecdsa-p256')
})

test('PKCS#1 files are read, and are the same key as in PKCS#8', () => {
  const old = openssl(['genrsa', '-traditional', '2048'])
  expect(old).toContain('RSA PRIVATE KEY')
  expect(loadSigner(old)).toMatchObject({
    algorithm: 'rsa',
    hash: 'sha256',
    keyId: loadSigner(openssl(['pkcs8', '-topk8', '-nocrypt'], old)).keyId,
  })
})

test.each(KEY_ALGORITHMS.filter(isTheirs))('OpenSSL verifies what a key of kind %s signs', async (kind) => {
  const dir = await fs.mkdtemp(join(tmpdir(), 'tally-'))
  const signer = loadSigner(exportPrivateKey(generateKey(kind), undefined))
  await fs.writeFile(join(dir, 'k.pub'), signer.publicKeyPem)
  await fs.writeFile(join(dir, 'sig'), await signer.sign(bytes))
  await fs.writeFile(join(dir, 'bytes'), bytes)
  await fs.writeFile(join(dir, 'other'), 'what is not')
  const how = signer.hash === undefined ? [] : ['-digest', signer.hash]
  const given = ['-pubin', '-inkey', join(dir, 'k.pub'), '-sigfile', join(dir, 'sig'), '-rawin', ...how]
  const verify = (file: string) => openssl(['pkeyutl', '-verify', ...given, '-in', join(dir, file)])
  expect(verify('bytes')).toContain('Verified Successfully')
  expect(() => verify('other')).toThrow('Command failed')
  await fs.rm(dir, { recursive: true })
})

describe('what is no usable key is refused, saying what it is', () => {
  const pkcs8 = (key: ReturnType<typeof generateKey>) => String(key.export({ type: 'pkcs8', format: 'pem' }))
  const good = exportPrivateKey(generateKey(), undefined)
  test.each([
    ['a short RSA key', pkcs8(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey), /1024 bits/],
    ['an RSA key a bit too short', pkcs8(generateKeyPairSync('rsa', { modulusLength: 2047 }).privateKey), /2047 bits/],
    ['an RSA key for PSS alone', pkcs8(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey), /RSA-PSS/],
    ['secp256k1', pkcs8(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey), /secp256k1/],
    ['Ed448', pkcs8(generateKeyPairSync('ed448').privateKey), /ED448/],
    ['X25519', pkcs8(generateKeyPairSync('x25519').privateKey), /X25519/],
    ['text', 'hello', /not a key in PEM/],
    ['nothing', '', /not a key in PEM/],
    ['a public key', loadSigner(good).publicKeyPem, /a public key, where a private key/],
    ['a certificate', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', /a certificate/],
    ['cosign’s own form', '-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n', /cosign/],
    ['two keys', good + good, /2 PEM blocks/],
    ['garbage in PEM', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n', /cannot be read|can be read/],
    [
      'old PEM encryption',
      '-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,AB\n\nAAAA\n-----END EC PRIVATE KEY-----',
      /old PEM/,
    ],
  ])('%s', (_, pem, why) => {
    expect(() => loadSigner(pem, 'pass', 'k.pem')).toThrow(expect.objectContaining({ code: 'key-invalid', where: 'k.pem' }))
    expect(() => loadSigner(pem, 'pass')).toThrow(why)
  })
  test.each([
    ['one bit too many', Buffer.concat([Buffer.of(1), Buffer.alloc(1023, 0xff), Buffer.of(0xff)]), 65_537, /8193 bits/],
    ['an exponent that costs whoever verifies', Buffer.alloc(256, 0xff), 2 ** 32 + 1, /public exponent/],
  ])('an RSA key with %s', (_, modulus, exponent, why) => {
    const e = Buffer.from(exponent.toString(16).padStart(10, '0'), 'hex').toString('base64url')
    const jwk = { kty: 'RSA', n: modulus.toString('base64url'), e }
    const pem = String(createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' }))
    expect(() => loadPublicKey(pem)).toThrow(why)
  })
  test('a private key where a public one belongs', () => {
    expect(() => loadPublicKey(good)).toThrow(/a private key, where a public key/)
  })
  test('an empty passphrase', () => {
    expect(() => exportPrivateKey(generateKey(), '')).toThrow(expect.objectContaining({ code: 'passphrase-missing' }))
  })
})
