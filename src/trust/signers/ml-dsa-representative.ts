import { createHash } from 'node:crypto'
import { fail } from '../../kernel/errors.ts'
import { DER, readDer, readDerList } from '../der.ts'
import type { ServiceSigning } from './service-signer.ts'

const SIZE = 64

/**
 * Signing with ML-DSA by a service that is given the message representative μ, so that it never sees the message (FIPS 204, algorithm 7,
 * line 6, and 6.2): SHAKE256 over the hash of the public key, a zero for the pure variant, the length of the empty context, and the
 * message. What comes out is an ordinary signature over the message.
 */
export function signByRepresentative(sign: (representative: Uint8Array) => Promise<Uint8Array>): ServiceSigning {
  return ({ key }) => {
    const keyHash = shake256()
      .update(rawKeyOf(new Uint8Array(key.export({ type: 'spki', format: 'der' }))))
      .digest()
    const start = () => shake256().update(keyHash).update(Uint8Array.of(0, 0))
    return {
      hash: undefined,
      sign: async (bytes) => await sign(new Uint8Array(start().update(bytes).digest())),
      signStream: async (content) => {
        const hashing = start()
        for await (const part of content) hashing.update(part)
        return await sign(new Uint8Array(hashing.digest()))
      },
    }
  }
}

function shake256() {
  return createHash('shake256', { outputLength: SIZE })
}

/** The key itself: the bits of a SubjectPublicKeyInfo (RFC 9881, 4), after the count of those that are not used. */
function rawKeyOf(spki: Uint8Array): Uint8Array {
  const bits = readDerList(readDer(spki)?.content ?? spki)?.at(1)
  if (bits?.tag !== DER.bits || bits.content[0] !== 0) throw fail('bug', 'a public key has no bits')
  return bits.content.subarray(1)
}
