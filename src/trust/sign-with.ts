import { createHash, createSign, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { readAll } from '../kernel/bytes.ts'
import { LIMITS } from '../kernel/limits.ts'
import type { HashName } from './schemes.ts'
import type { Signer } from './signer.ts'

/** How a signer signs. */
export type Signing = Pick<Signer, 'hash' | 'sign' | 'signStream'>

/**
 * Signing with a private key at hand: ECDSA with SHA-256 on every curve (cosign refuses others by key), RSA as PKCS#1 v1.5 with SHA-256,
 * Ed25519 and ML-DSA as they are.
 */
export function signWithKey(key: KeyObject): Signing {
  if (key.asymmetricKeyType !== 'ec' && key.asymmetricKeyType !== 'rsa') {
    return signWhole((bytes) => Promise.resolve(new Uint8Array(sign(null, bytes, key))))
  }
  return {
    hash: 'sha256',
    sign: (bytes) => Promise.resolve(new Uint8Array(sign('sha256', bytes, key))),
    signStream: async (content) => {
      const signing = createSign('sha256')
      for await (const part of content) signing.update(part)
      return new Uint8Array(signing.sign(key))
    },
  }
}

/** Signing by somebody who is given a digest: the key services. */
export function signWithDigest(hash: HashName, signDigest: (digest: Uint8Array) => Promise<Uint8Array>): Signing {
  return {
    hash,
    sign: async (bytes) => await signDigest(new Uint8Array(createHash(hash).update(bytes).digest())),
    signStream: async (content) => {
      const hashing = createHash(hash)
      for await (const part of content) hashing.update(part)
      return await signDigest(new Uint8Array(hashing.digest()))
    },
  }
}

/** Signing by somebody who wants the message whole: Ed25519, ML-DSA. */
export function signWhole(signBytes: (bytes: Uint8Array) => Promise<Uint8Array>): Signing {
  return {
    hash: undefined,
    sign: signBytes,
    signStream: async (content) =>
      await signBytes(await readAll(content, LIMITS.fileReadBytes, 'fileReadBytes', 'what a key of this kind signs')),
  }
}
