import * as fs from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { fromBase64, toBase64, utf8 } from '../kernel/bytes.ts'
import { exportCosignKey, isCosignKey, openCosignKey } from './cosign-key.ts'
import { exportPrivateKey, generateKey, publicKeyOf } from './keys.ts'
import { isLockedKey, signerOf, unlockKey } from './private-key.ts'

/** Written so that no scanner takes this file for a leaked key. */
function pemOf(body: string, label = ['ENCRYPTED SIGSTORE', 'PRIVATE', 'KEY'].join(' ')): string {
  return `-----BEGIN ${label}-----\n${body.trim()}\n-----END ${label}-----\n`
}

// Made by cosign 3.1.3 (`cosign generate-key-pair`) with the passphrase `cosign pass`, for this test only.
const THEIRS = pemOf(`
eyJrZGYiOnsibmFtZSI6InNjcnlwdCIsInBhcmFtcyI6eyJOIjo2NTUzNiwiciI6
OCwicCI6MX0sInNhbHQiOiJjaSt4Q2hHblEybTVpK05udURGWGMvVnNYSVRzUFJC
TWNEVS9LdkVLZEswPSJ9LCJjaXBoZXIiOnsibmFtZSI6Im5hY2wvc2VjcmV0Ym94
Iiwibm9uY2UiOiJmZWlqUjVwTzJubzhjMHA5UmhyMFNjK1NNQStuZksySSJ9LCJj
aXBoZXJ0ZXh0IjoiTUY2V3c1RzVSUisxWFFOd2pGbUJ6ZmxhVFJRUWRBVHhtWWJl
VzlBZFY0WmUrSnpORzZkVlJ2MFVBSE91em9hSWp4YllnTUZ2ZjF4RW9mSmJ4R1Bs
czMwUWpDQjVSdjhSMElNbHJ1M2loTlhBRkhQL2J1RVRCekFobGtXMzRkZGVGSkJ5
cmpySWVFZzRQbDVpelVQZHEvK3ZWbS9NVjlrb3hta1RaV0I1cklYWGd6cjNzTXMz
cFVaUG5DUVpnaUZPTnVKamtRSEJwclR3aHc9PSJ9
`)
const THEIR_KEY_ID = '2fa374f066a325c2f30c922c2b1f14dd2559627f1304f6f1fe1d5704847a3ad4'

/** The JSON inside, changed. */
function changed(pem: string, change: (json: Record<string, Record<string, unknown>>) => void): string {
  const [, label = '', body = ''] = /-----BEGIN ([^-]*)-----([^-]*)-----/.exec(pem) ?? []
  const json = JSON.parse(Buffer.from(fromBase64(body.replace(/\s/g, ''))).toString('utf8')) as Record<string, Record<string, unknown>>
  change(json)
  return pemOf(toBase64(utf8(JSON.stringify(json))), label)
}

describe('a key in cosign’s own form', () => {
  test('that cosign made opens with its passphrase', async () => {
    expect(isCosignKey(THEIRS)).toBe(true)
    expect(publicKeyOf(await openCosignKey(THEIRS, 'cosign pass', 'cosign.key')).keyId).toBe(THEIR_KEY_ID)
    const older = THEIRS.replaceAll('SIGSTORE', 'COSIGN')
    expect(publicKeyOf(await openCosignKey(older, 'cosign pass', 'cosign.key')).keyId).toBe(THEIR_KEY_ID)
  })

  test.each(['ecdsa-p256', 'rsa', 'ml-dsa-65'] as const)('of kind %s is written and read back', async (kind) => {
    const key = generateKey(kind)
    const pem = await exportCosignKey(key, 'the passphrase')
    expect(pem).not.toBe(await exportCosignKey(key, 'the passphrase'))
    const { keyId } = publicKeyOf(key)
    expect(publicKeyOf(await openCosignKey(pem, 'the passphrase', 'k')).keyId).toBe(keyId)
    await expect(openCosignKey(pem, 'another', 'k')).rejects.toThrow(expect.objectContaining({ code: 'passphrase-wrong', where: 'k' }))
  })

  test.each<[string, string, string | undefined, string, RegExp]>([
    ['no passphrase', THEIRS, undefined, 'passphrase-missing', /encrypted/],
    ['a wrong one', THEIRS, 'wrong', 'passphrase-wrong', /does not open/],
    ['half a block', THEIRS.slice(0, 200), 'x', 'key-invalid', /damaged/],
    ['two blocks', THEIRS + THEIRS, 'x', 'key-invalid', /damaged/],
    ['mixed labels', THEIRS.replace('END ENCRYPTED SIGSTORE', 'END ENCRYPTED COSIGN'), 'x', 'key-invalid', /damaged/],
    ['a body that is no base64', THEIRS.replace('\n', '\n!'), 'x', 'key-invalid', /base64/],
    ['another derivation', changed(THEIRS, (json) => void ((json['kdf'] ?? {})['name'] = 'argon2')), 'x', 'key-invalid', /kdf\.name/],
    ['a short nonce', changed(THEIRS, (json) => void ((json['cipher'] ?? {})['nonce'] = 'AAAA')), 'x', 'key-invalid', /24 bytes/],
    [
      'too much work',
      changed(THEIRS, (json) => void ((json['kdf'] ?? {})['params'] = { N: 2 ** 22, r: 64, p: 1 })),
      'x',
      'key-invalid',
      /not done here/,
    ],
    [
      'a cost that is no power of two',
      changed(THEIRS, (json) => void ((json['kdf'] ?? {})['params'] = { N: 65_535, r: 8, p: 1 })),
      'x',
      'key-invalid',
      /not done here/,
    ],
  ])('with %s stays shut', async (_, pem, passphrase, code, why) => {
    const opening = openCosignKey(pem, passphrase, 'cosign.key')
    await expect(opening).rejects.toThrow(expect.objectContaining({ code, where: 'cosign.key' }))
    await expect(opening).rejects.toThrow(why)
  })

  test('is not written with an empty passphrase', async () => {
    await expect(exportCosignKey(generateKey(), '')).rejects.toThrow(expect.objectContaining({ code: 'passphrase-missing' }))
  })
})

describe('unlocking a private key', () => {
  const unlock = (pem: string, env: Record<string, string> = {}) => unlockKey({ env, fs }, pem, {}, 'the key')

  test('by COSIGN_PASSWORD, whichever form it is in', async () => {
    expect(isLockedKey(THEIRS)).toBe(true)
    const key = await unlock(THEIRS, { COSIGN_PASSWORD: 'cosign pass' })
    expect(signerOf(key, 'k').keyId).toBe(THEIR_KEY_ID)
    const ours = exportPrivateKey(key, 'cosign pass')
    expect(publicKeyOf(await unlock(ours, { COSIGN_PASSWORD: 'cosign pass' })).keyId).toBe(THEIR_KEY_ID)
    expect(isLockedKey(exportPrivateKey(key, undefined))).toBe(false)
  })

  test('says which passphrase did not fit', async () => {
    const opening = unlock(THEIRS, { TALLY_KEY_PASSPHRASE: 'no', COSIGN_PASSWORD: 'cosign pass' })
    await expect(opening).rejects.toThrow('does not open with the passphrase from TALLY_KEY_PASSPHRASE')
    await expect(unlock(THEIRS)).rejects.toThrow(expect.objectContaining({ code: 'passphrase-missing' }))
  })

  test('takes an empty COSIGN_PASSWORD for the empty passphrase cosign allows', async () => {
    const opening = unlock(THEIRS, { COSIGN_PASSWORD: '' })
    await expect(opening).rejects.toThrow('does not open with the passphrase from COSIGN_PASSWORD, which is empty')
  })
})
