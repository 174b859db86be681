import { describe, expect, test } from 'vitest'
import { fromBase64, toHex, utf8 } from '../kernel/bytes.ts'
import { digestOf } from '../kernel/digest.ts'
import { parseBundle } from '../evidence/bundle.ts'
import { statementBytes } from '../evidence/statement.ts'
import { newSigner, provenanceFor, wrappedArtifact } from '../../test/support/signed-evidence.ts'
import { signStatement } from './sign.ts'

const statement = provenanceFor(wrappedArtifact())
const signer = newSigner()

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
