import { constants, generateKeyPairSync, sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { concatBytes, fromBase64, fromHex, toHex, utf8 } from '../kernel/bytes.ts'
import { digestOf } from '../kernel/digest.ts'
import { parseBundle } from '../evidence/bundle.ts'
import { IN_TOTO, preAuthEncoding } from '../evidence/dsse.ts'
import { statementBytes } from '../evidence/statement.ts'
import { newSigner, provenanceFor, wrappedArtifact } from '../../test/support/signed-evidence.ts'
import { exportPrivateKey, loadPublicKey, loadSigner } from './keys.ts'
import { signMessage, signStatement } from './sign.ts'
import { KEY_ALGORITHMS } from './schemes.ts'
import type { Signed, Voucher } from './signer.ts'

// A self-signed certificate of a key that was thrown away.
const SOMEBODYS_CERTIFICATE = fromBase64(
  'MIIBfTCCASOgAwIBAgIUEUyz15wxnxCYGwyPZNklg47GPTgwCgYIKoZIzj0EAwIwEzERMA8GA1UEAwwIc29tZWJvZHkwIBcNMjYxMTI1MDMxNzUxWhgPMjEyNjExMDEwMzE3NTFaMBMxETAPBgNVBAMMCHNvbWVib2R5MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEr/aB9aUVrx350XJlEUPjoqrhTCoimvWXALvWKvXHXQLT+CyznBvA0ADbhghGr6TbmLn12Af4koNjonucXXlsraNTMFEwHQYDVR0OBBYEFHNYxYa+LQobg/UaWasA1348CQ8rMB8GA1UdIwQYMBaAFHNYxYa+LQobg/UaWasA1348CQ8rMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIhAJbNXa0lB+ghPph6JpyNyoMSfbkRMeKHa15IWO78Oc7KAiAToo275+rFD7aqUlJ8F5Qqei+/Pw4WuWM3p/F2qhpoYA==',
)

const statement = provenanceFor(wrappedArtifact())
const signer = newSigner()

async function* once(bytes: Uint8Array) {
  yield bytes
}

describe('signing a statement', () => {
  test('gives a bundle around exactly those bytes, hinting at the key as cosign does', async () => {
    const bytes = statementBytes(statement)
    const { bundle, digest } = await signStatement(signer, bytes)
    const { material, content } = parseBundle(bundle, 'test')
    expect(digest).toBe(digestOf(bundle))
    expect(material.kind === 'key' && toHex(fromBase64(material.hint))).toBe(signer.keyId)
    expect(content).toMatchObject({ kind: 'dsse', envelope: { payload: bytes, signatures: [{ keyid: '' }] } })
  })

  test('with a key service that signs something else is refused before anything goes out', async () => {
    const faulty = { ...signer, sign: async () => await signer.sign(utf8('something else')) }
    await expect(signStatement(faulty, statementBytes(statement))).rejects.toThrow(expect.objectContaining({ code: 'signature-invalid' }))
  })

  test('with an RSA key that signs with PSS is refused: who verifies by key expects PKCS#1 v1.5', async () => {
    const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
    const pss = (bytes: Uint8Array) => sign('sha256', bytes, { key, padding: constants.RSA_PKCS1_PSS_PADDING })
    const own = loadSigner(exportPrivateKey(key, undefined))
    await expect(signStatement({ ...own, sign: async (bytes) => pss(bytes) }, statementBytes(statement))).rejects.toThrow(
      expect.objectContaining({ code: 'signature-invalid' }),
    )
    const parts: Uint8Array[] = []
    const signStream = async (content: AsyncIterable<Uint8Array>) => {
      for await (const part of content) parts.push(part)
      return pss(concatBytes(parts))
    }
    await expect(signMessage({ ...own, signStream }, once(utf8('a file')))).rejects.toThrow(
      expect.objectContaining({ code: 'signature-invalid' }),
    )
  })

  test.each([
    ['no statement', utf8('{}')],
    ['a predicate its type does not promise', statementBytes({ ...statement, predicate: {} })],
    [
      'more subjects than anybody reads',
      statementBytes({ ...statement, subject: Array.from({ length: 1025 }, () => ({ digest: { sha256: 'ab' } })) }),
    ],
  ])('that is %s is refused', async (_, bytes) => {
    await expect(signStatement(signer, bytes)).rejects.toThrow(
      expect.objectContaining({ code: expect.stringMatching(/evidence-malformed|limit-exceeded/) }),
    )
  })
})

describe('signing the bytes of a file', () => {
  async function* pieces() {
    yield utf8('the released ')
    yield utf8('file')
  }
  const whole = utf8('the released file')

  test.each(KEY_ALGORITHMS)('with a key of kind %s, as they stream by', async (kind) => {
    const by = newSigner(kind)
    const { bundle, digest, signature, content: read } = await signMessage(by, pieces())
    expect(read).toBe(digestOf(whole))
    expect(digest).toBe(digestOf(bundle))
    const { material, content } = parseBundle(bundle, 'test')
    expect(material.kind === 'key' && toHex(fromBase64(material.hint))).toBe(by.keyId)
    expect(content).toMatchObject({ kind: 'message', signature, digest: { algorithm: 'SHA2_256' } })
    expect(content.kind === 'message' && `sha256:${toHex(content.digest?.value ?? whole)}`).toBe(digestOf(whole))
    const key = loadPublicKey(by.publicKeyPem)
    expect(key.verify(whole, signature)).toBe(true)
    expect(key.verify(utf8('another file'), signature)).toBe(false)
  })

  test.each(KEY_ALGORITHMS)('by a %s key service that signs something else is refused', async (kind) => {
    const by = newSigner(kind)
    const faulty = { ...by, signStream: async () => await by.sign(utf8('something else')) }
    await expect(signMessage(faulty, pieces())).rejects.toThrow(expect.objectContaining({ code: 'signature-invalid' }))
    const lazy = { ...by, signStream: () => Promise.resolve(new Uint8Array(70)) }
    await expect(signMessage(lazy, pieces())).rejects.toThrow(expect.objectContaining({ code: 'signature-invalid' }))
  })
})

describe('a signer with a voucher', () => {
  const statementOf = () => statementBytes(statement)

  test('hands certificate, log entries and timestamps into the bundle', async () => {
    const seen: Signed[] = []
    const logEntry = {
      logIndex: '7',
      logId: { keyId: 'AQ==' },
      kindVersion: { kind: 'hashedrekord', version: '0.0.2' },
      canonicalizedBody: 'e30=',
    }
    const voucher: Voucher = {
      witness: (signed) => {
        seen.push(signed)
        return Promise.resolve({ logEntries: [logEntry], timestamps: [Uint8Array.of(5)] })
      },
    }
    const { bundle } = await signStatement({ ...signer, voucher }, statementOf())
    const read = parseBundle(bundle, 'test')
    expect(read.material.kind).toBe('key')
    expect(read.logEntries).toMatchObject([{ logIndex: 7, kind: 'hashedrekord' }])
    expect(read.timestamps).toEqual([Uint8Array.of(5)])
    const [signed] = seen
    expect(signed?.digest).toEqual(fromHex(digestOf(preAuthEncoding(IN_TOTO, statementOf())).slice('sha256:'.length)))
    expect(signed?.verifier.kind).toBe('key')
    expect(read.content.kind === 'dsse' && read.content.envelope.signatures[0]?.sig).toEqual(signed?.signature)
  })

  test('whose certificate is of another key is refused', async () => {
    const certificate = () => Promise.resolve(SOMEBODYS_CERTIFICATE)
    const signing = signStatement({ ...signer, voucher: { certificate } }, statementOf())
    await expect(signing).rejects.toThrow(expect.objectContaining({ code: 'signature-invalid' }))
  })
})
