import { constants, createECDH, privateEncrypt, randomBytes } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

const CURVES = {
  'P-256': { name: 'prime256v1', size: 32, order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n },
  'P-384': {
    name: 'secp384r1',
    size: 48,
    order: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  },
  'P-521': {
    name: 'secp521r1',
    size: 66,
    order:
      0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
  },
} as const

/** The same for RSA: PKCS#1 v1.5 over a SHA-256 digest (RFC 8017, 8.2.1 and 9.2). */
export function signDigestRsa(key: KeyObject, digest: Uint8Array): Uint8Array {
  const info = Buffer.concat([Buffer.from('3031300d060960864801650304020105000420', 'hex'), digest])
  return new Uint8Array(privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, info))
}

/**
 * What a key service does and Node does not: ECDSA over a digest, the message unseen (FIPS 186-5, 6.4.1). The point comes from Node's
 * ECDH. Out: the two numbers side by side. Not for real keys: it leaks through timing.
 */
export function signDigestPair(key: KeyObject, digest: Uint8Array): Uint8Array {
  const { crv, d } = key.export({ format: 'jwk' })
  const { name, size, order } = CURVES[crv as keyof typeof CURVES]
  const ecdh = createECDH(name)
  const nonce = (numberOf(randomBytes(size)) % (order - 1n)) + 1n
  ecdh.setPrivateKey(Buffer.from(nonce.toString(16).padStart(size * 2, '0'), 'hex'))
  const r = numberOf(ecdh.getPublicKey().subarray(1, 1 + size)) % order
  const secret = numberOf(Buffer.from(d ?? '', 'base64url'))
  const s = (inverse(nonce, order) * (numberOf(digest.subarray(0, size)) + r * secret)) % order
  return new Uint8Array(Buffer.concat([r, s].map((each) => Buffer.from(each.toString(16).padStart(size * 2, '0'), 'hex'))))
}

/** The same in DER. */
export function signDigestDer(key: KeyObject, digest: Uint8Array): Uint8Array {
  const pair = signDigestPair(key, digest)
  const numbers = [pair.subarray(0, pair.byteLength / 2), pair.subarray(pair.byteLength / 2)].map((bytes) => {
    const short = bytes.subarray(
      Math.max(
        0,
        bytes.findIndex((byte) => byte !== 0),
      ),
    )
    const content = (short[0] ?? 0) >= 0x80 ? [0, ...short] : [...short]
    return [2, content.length, ...content]
  })
  const content = numbers.flat()
  return Uint8Array.from([0x30, ...(content.length < 0x80 ? [] : [0x81]), content.length, ...content])
}

function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
}

/** The inverse in a field of prime order (Fermat). */
function inverse(value: bigint, prime: bigint): bigint {
  let result = 1n
  let base = value % prime
  for (let rest = prime - 2n; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * base) % prime
    base = (base * base) % prime
  }
  return result
}
