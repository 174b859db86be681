import { constants, createHash, publicDecrypt } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { concatBytes, equalBytes } from '../kernel/bytes.ts'
import type { HashName } from './schemes.ts'

/**
 * EMSA-PSS-VERIFY (RFC 8017, 9.1.2) over a digest, with MGF1 over the same hash and a salt of any length. Node does this for whole
 * messages only. Throws for what cannot be a signature by this key.
 */
export function verifyPss(key: KeyObject, hash: HashName, digest: Uint8Array, signature: Uint8Array): boolean {
  const modulusBits = key.asymmetricKeyDetails?.modulusLength ?? 0
  const bits = modulusBits - 1
  const size = Math.ceil(bits / 8)
  if (signature.byteLength !== Math.ceil(modulusBits / 8)) return false
  const message = publicDecrypt({ key, padding: constants.RSA_NO_PADDING }, signature)
  // With a modulus of 8n+1 bits the encoded message is a byte shorter than the modulus.
  const encoded = message.subarray(message.byteLength - size)
  if (message.subarray(0, message.byteLength - size).some((byte) => byte !== 0)) return false
  if (encoded.at(-1) !== 0xbc || size < digest.byteLength + 2) return false
  const masked = encoded.subarray(0, size - digest.byteLength - 1)
  const check = encoded.subarray(masked.byteLength, size - 1)
  const topMask = 0xff >> (8 * size - bits)
  if (((masked[0] ?? 0) & ~topMask & 0xff) !== 0) return false
  const mask = mgf1(hash, check, masked.byteLength)
  const block = masked.map((byte, at) => byte ^ (mask[at] ?? 0))
  block[0] = (block[0] ?? 0) & topMask
  const one = block.findIndex((byte) => byte !== 0)
  if (one === -1 || block[one] !== 0x01) return false
  const salt = block.subarray(one + 1)
  return equalBytes(createHash(hash).update(new Uint8Array(8)).update(digest).update(salt).digest(), check)
}

/** Mask generation function 1 (RFC 8017, B.2.1). */
function mgf1(hash: HashName, seed: Uint8Array, length: number): Uint8Array {
  const parts: Uint8Array[] = []
  for (let made = 0, count = 0; made < length; count += 1) {
    const counter = new Uint8Array(4)
    new DataView(counter.buffer).setUint32(0, count)
    const part = createHash(hash).update(seed).update(counter).digest()
    parts.push(part)
    made += part.byteLength
  }
  return concatBytes(parts).subarray(0, length)
}
