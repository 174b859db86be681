import { createHash, createPrivateKey } from 'node:crypto'
import { expect, test } from 'vitest'
import { concatBytes, fromHex, toHex, utf8 } from '../../kernel/bytes.ts'
import { publicKeyOf } from '../keys.ts'
import { signByRepresentative } from './ml-dsa-representative.ts'

// The key of a seed, and what dilithium-py, another implementation of FIPS 204, gives as the representative of these messages with it. It
// signed them, and Node verified those signatures over the messages.
const SEED = 'b4039c426a2dcfae9b9b2f995827af1223bf0c3804d815ff69df26fc7611ac86'
const PUBLIC_KEY = '2d8a1bdaee3acf049eed647930657a5ae0418faec60032f7bb37a61172f8e75b'
const REPRESENTATIVE =
  '0014f3ca43285d50ae80cb0a0992927a21fb232a3f34ed2dea8771a5556480024e73ef131de79a4deeca082d004c3db07afdc575f0326cea68396a50b6d9e909'

// PKCS#8 of an ML-DSA-44 key that is a seed alone (RFC 9881, 6).
const pkcs8 = concatBytes([fromHex('3034020100300b060960864801650304031104228020'), fromHex(SEED)])
const key = publicKeyOf(createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' }))

test('the representative of a message is the one other implementations make, whole or in pieces', async () => {
  const raw = key.key.export({ type: 'spki', format: 'der' }).subarray(-1312)
  expect(createHash('sha256').update(raw).digest('hex')).toBe(PUBLIC_KEY)
  const given: string[] = []
  const signing = signByRepresentative((representative) => {
    given.push(toHex(representative))
    return Promise.resolve(representative)
  })(key)
  async function* pieces() {
    yield utf8('a state')
    yield utf8('ment')
  }
  await signing.sign(utf8('a statement'))
  await signing.signStream(pieces())
  await signing.sign(utf8('another'))
  expect(given.slice(0, 2)).toEqual([REPRESENTATIVE, REPRESENTATIVE])
  expect(given[2]).not.toBe(REPRESENTATIVE)
})
