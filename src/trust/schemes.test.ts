import { constants, createHash, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { concatBytes, fromHex, utf8 } from '../kernel/bytes.ts'
import { loadPublicKey, verifyWith } from './keys.ts'
import type { HashName, Scheme } from './schemes.ts'
import { startVerify, verifyBytes, verifyDigest } from './schemes.ts'

const message = utf8('a message, and no more')
const other = utf8('another message')
const digestOf = (hash: HashName, bytes: Uint8Array) => new Uint8Array(createHash(hash).update(bytes).digest())

function flip(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice()
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
// One bit more than whole bytes: the encoded message of RSA-PSS is then a byte shorter than the modulus.
const odd = generateKeyPairSync('rsa', { modulusLength: 2049 })
const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve })

type Hashed = Exclude<Scheme, { kind: 'pure' | 'ed25519ph' }>
const pss = (hash: HashName, saltLength: number) => ({ padding: constants.RSA_PKCS1_PSS_PADDING, saltLength, hash })
const cases: readonly [string, Hashed, { publicKey: KeyObject; privateKey: KeyObject }, object][] = [
  ['ECDSA P-256', { kind: 'ecdsa', hash: 'sha256' }, ec('prime256v1'), {}],
  ['ECDSA P-384 over SHA-384', { kind: 'ecdsa', hash: 'sha384' }, ec('secp384r1'), {}],
  ['ECDSA P-384 over SHA-256', { kind: 'ecdsa', hash: 'sha256' }, ec('secp384r1'), {}],
  ['ECDSA P-521', { kind: 'ecdsa', hash: 'sha512' }, ec('secp521r1'), {}],
  ['ECDSA P-256 over SHA-512, which is cut', { kind: 'ecdsa', hash: 'sha512' }, ec('prime256v1'), {}],
  ['RSA PKCS#1 v1.5', { kind: 'rsa-pkcs1', hash: 'sha256' }, rsa, {}],
  ['RSA-PSS with a salt as long as the hash', { kind: 'rsa-pss', hash: 'sha256' }, rsa, pss('sha256', 32)],
  ['RSA-PSS without salt', { kind: 'rsa-pss', hash: 'sha256' }, rsa, pss('sha256', 0)],
  ['RSA-PSS with the longest salt', { kind: 'rsa-pss', hash: 'sha384' }, rsa, pss('sha384', 256 - 48 - 2)],
  ['RSA-PSS of 2049 bits', { kind: 'rsa-pss', hash: 'sha256' }, odd, pss('sha256', 32)],
]

describe.each(cases)('%s', (_, scheme, { publicKey, privateKey }, options) => {
  const signature = new Uint8Array(sign(scheme.hash, message, { key: privateKey, ...options }))
  const digest = digestOf(scheme.hash, message)

  test('is verified by bytes, as a stream, and by digest', async () => {
    expect(verifyBytes(scheme, publicKey, message, signature)).toBe(true)
    const running = startVerify(scheme, publicKey)
    for (const byte of message) running.update(Uint8Array.of(byte))
    expect(await running.matches(signature)).toBe(true)
    expect(await verifyDigest(scheme, publicKey, digest, signature)).toBe(true)
  })

  test('over another message is none', async () => {
    expect(verifyBytes(scheme, publicKey, other, signature)).toBe(false)
    expect(await verifyDigest(scheme, publicKey, digestOf(scheme.hash, other), signature)).toBe(false)
  })

  test('with any byte changed, cut or too long is none, and nothing throws', async () => {
    const spoiled = [0, 1, signature.length >> 1, signature.length - 1].map((at) => flip(signature, at))
    for (const bad of [
      ...spoiled,
      signature.subarray(1),
      signature.subarray(0, -1),
      concatBytes([signature, Uint8Array.of(0)]),
      new Uint8Array(0),
    ]) {
      expect(verifyBytes(scheme, publicKey, message, bad)).toBe(false)
      expect(await verifyDigest(scheme, publicKey, digest, bad)).toBe(false)
    }
  })
})

describe('an RSA signature that starts with a zero', () => {
  test('is none without it', async () => {
    const scheme = { kind: 'rsa-pss', hash: 'sha256' } as const
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const make = (): Uint8Array => new Uint8Array(sign('sha256', message, { key: privateKey, ...pss('sha256', 32) }))
    let signature = make()
    for (let tries = 0; signature[0] !== 0 && tries < 10_000; tries += 1) signature = make()
    expect(signature[0]).toBe(0)
    expect(verifyBytes(scheme, publicKey, message, signature)).toBe(true)
    expect(verifyBytes(scheme, publicKey, message, signature.subarray(1))).toBe(false)
    expect(await verifyDigest(scheme, publicKey, digestOf('sha256', message), signature.subarray(1))).toBe(false)
    const running = startVerify(scheme, publicKey)
    running.update(message)
    expect(await running.matches(signature.subarray(1))).toBe(false)
  })
})

describe('Ed25519ph', () => {
  // RFC 8032, 7.3.
  const key = createPublicKey({
    key: Buffer.from(fromHex('302a300506032b6570032100ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf')),
    format: 'der',
    type: 'spki',
  })
  const signature = fromHex(
    '98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae4131f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406',
  )
  const scheme = { kind: 'ed25519ph', hash: 'sha512' } as const

  test('is verified by digest, as a stream and by key alone', async () => {
    expect(await verifyDigest(scheme, key, digestOf('sha512', utf8('abc')), signature)).toBe(true)
    const running = startVerify(scheme, key)
    for (const part of ['a', 'bc']) running.update(utf8(part))
    expect(await running.matches(signature)).toBe(true)
    expect(await verifyWith(loadPublicKey(String(key.export({ format: 'pem', type: 'spki' }))), utf8('abc'), signature)).toBe(true)
  })

  test('is no Ed25519, and not of another message', async () => {
    expect(verifyBytes({ kind: 'pure' }, key, utf8('abc'), signature)).toBe(false)
    expect(await verifyDigest(scheme, key, digestOf('sha512', utf8('abd')), signature)).toBe(false)
    for (const at of [0, 31, 32, 63])
      expect(await verifyDigest(scheme, key, digestOf('sha512', utf8('abc')), flip(signature, at))).toBe(false)
  })
})

describe.each(['ml-dsa-44', 'ml-dsa-65', 'ml-dsa-87'] as const)('%s', (kind) => {
  const { publicKey, privateKey } = generateKeyPairSync(kind)
  const signature = new Uint8Array(sign(null, message, privateKey))
  const loaded = loadPublicKey(String(publicKey.export({ format: 'pem', type: 'spki' })))

  test('is verified, and its key has an id', async () => {
    expect(loaded.algorithm).toBe(kind)
    expect(loaded.keyId).toMatch(/^[0-9a-f]{64}$/)
    expect(await verifyWith(loaded, message, signature)).toBe(true)
    expect(await verifyWith(loaded, other, signature)).toBe(false)
    expect(await verifyWith(loaded, message, flip(signature, 100))).toBe(false)
  })
})
