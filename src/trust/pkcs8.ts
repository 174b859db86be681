import { createCipheriv, scryptSync } from 'node:crypto'
import { concatBytes } from '../kernel/bytes.ts'
import { DER, readDer, readDerList, writeDer, writeDerInteger, writeDerOid } from './der.ts'

// OpenSSL's own cost for `pkcs8 -scrypt`, and the most it reads back without being told to (32 MiB).
const SCRYPT = { N: 16_384, r: 8, p: 1 } as const
const PBES2 = '1.2.840.113549.1.5.13'
const SCRYPT_OID = '1.3.6.1.4.1.11591.4.11'
const AES_256_CBC = '2.16.840.1.101.3.4.1.42'

/**
 * Encrypts a PKCS#8 key as OpenSSL does with `pkcs8 -topk8 -scrypt`: PBES2 (RFC 8018) with scrypt (RFC 7914) and AES-256-CBC.
 * (Node's own export uses PBKDF2 with 2048 rounds, which is too few.) In: DER, passphrase, 16 random bytes each for salt and
 * start value. Out: DER of EncryptedPrivateKeyInfo (RFC 5958).
 */
export function encryptPkcs8(der: Uint8Array, passphrase: string, salt: Uint8Array, iv: Uint8Array): Uint8Array {
  const key = scryptSync(passphrase, salt, 32, { ...SCRYPT, maxmem: 64 * 1024 * 1024 })
  const cipher = createCipheriv('aes-256-cbc', key, iv)
  const encrypted = concatBytes([cipher.update(der), cipher.final()])
  const cost = writeDer(
    DER.sequence,
    writeDer(DER.octets, salt),
    writeDerInteger(SCRYPT.N),
    writeDerInteger(SCRYPT.r),
    writeDerInteger(SCRYPT.p),
  )
  const derivation = writeDer(DER.sequence, writeDerOid(SCRYPT_OID), cost)
  const scheme = writeDer(DER.sequence, writeDerOid(AES_256_CBC), writeDer(DER.octets, iv))
  const algorithm = writeDer(DER.sequence, writeDerOid(PBES2), writeDer(DER.sequence, derivation, scheme))
  return writeDer(DER.sequence, algorithm, writeDer(DER.octets, encrypted))
}

/** Whether bytes have the outer shape of an EncryptedPrivateKeyInfo, so that a damaged file is not taken for a wrong passphrase. */
export function isEncryptedPkcs8(der: Uint8Array): boolean {
  const whole = readDer(der)
  if (whole === undefined || whole.tag !== DER.sequence || whole.end !== der.byteLength) return false
  const parts = readDerList(whole.content)
  const [algorithm, encrypted] = parts ?? []
  if (parts?.length !== 2 || algorithm?.tag !== DER.sequence || encrypted?.tag !== DER.octets) return false
  return readDerList(algorithm.content)?.[0]?.tag === DER.oid && encrypted.content.byteLength > 0
}
