import { createPrivateKey, randomBytes, scrypt } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { z } from 'zod'
import { fromBase64, toBase64, utf8 } from '../kernel/bytes.ts'
import { fail } from '../kernel/errors.ts'
import { parseJson } from '../kernel/json.ts'
import { readShape } from '../kernel/shape.ts'

// cosign's own form of an encrypted private key: PEM around JSON that names scrypt (RFC 7914) and NaCl's secretbox (XSalsa20 and
// Poly1305), around a PKCS#8 key. It was named after cosign first, and is named after Sigstore now.

const BLOCK = /-----BEGIN ENCRYPTED (SIGSTORE|COSIGN) PRIVATE KEY-----([^-]*)-----END ENCRYPTED \1 PRIVATE KEY-----/g

/** cosign 3's cost; it reads its older half too. */
const COST = { N: 65_536, r: 8, p: 1 } as const
/** scrypt needs 128·N·r bytes; a file does not choose how much of this machine it takes. */
const MOST_MEMORY = 512 * 1024 * 1024

const count = z.number().int().min(1)
const lockedSchema = z.object({
  kdf: z.object({
    name: z.literal('scrypt'),
    params: z.object({ N: count.max(2 ** 22), r: count.max(64), p: count.max(16) }),
    salt: z.string().min(1).max(1024),
  }),
  cipher: z.object({ name: z.literal('nacl/secretbox'), nonce: z.string().min(1).max(64) }),
  ciphertext: z.string().min(1),
})

/** Whether a text is a private key in cosign's encrypted form. */
export function isCosignKey(pem: string): boolean {
  return /-----BEGIN ENCRYPTED (?:SIGSTORE|COSIGN) PRIVATE KEY-----/.test(pem)
}

/**
 * Opens a key in cosign's form. An empty passphrase is one here, as cosign allows it. Throws `passphrase-missing`, `passphrase-wrong`
 * (the box does not open), or `key-invalid` for a text that is damaged, asks for too much work, or holds no private key.
 */
export async function openCosignKey(pem: string, passphrase: string | undefined, where: string): Promise<KeyObject> {
  const locked = readLocked(pem, where)
  if (passphrase === undefined) throw fail('passphrase-missing', 'is encrypted, and no passphrase was given', { where })
  const { N, r, p } = locked.cost
  if (128 * N * r > MOST_MEMORY || (N & (N - 1)) !== 0) {
    throw fail('key-invalid', `asks for a key derivation (scrypt N=${N}, r=${r}) that is not done here`, { where })
  }
  const key = await derive(passphrase, locked.salt, { N, r, p })
  const { xsalsa20poly1305 } = await import('@noble/ciphers/salsa.js')
  let der: Uint8Array
  try {
    der = xsalsa20poly1305(key, locked.nonce).decrypt(locked.box)
  } catch (cause) {
    throw fail('passphrase-wrong', 'does not open with this passphrase', { where, cause })
  }
  try {
    return createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' })
  } catch (cause) {
    throw fail('key-invalid', 'holds something other than a private key', { where, cause })
  }
}

/** A private key in cosign's form, with its cost. Throws `passphrase-missing` for an empty passphrase: it protects nothing. */
export async function exportCosignKey(key: KeyObject, passphrase: string): Promise<string> {
  if (passphrase === '') throw fail('passphrase-missing', 'an empty passphrase protects nothing')
  const salt = new Uint8Array(randomBytes(32))
  const nonce = new Uint8Array(randomBytes(24))
  const der = new Uint8Array(key.export({ type: 'pkcs8', format: 'der' }))
  const { xsalsa20poly1305 } = await import('@noble/ciphers/salsa.js')
  const box = xsalsa20poly1305(await derive(passphrase, salt, COST), nonce).encrypt(der)
  const json = JSON.stringify({
    kdf: { name: 'scrypt', params: COST, salt: toBase64(salt) },
    cipher: { name: 'nacl/secretbox', nonce: toBase64(nonce) },
    ciphertext: toBase64(box),
  })
  const lines = toBase64(utf8(json)).match(/.{1,64}/g) ?? []
  return ['-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----', ...lines, '-----END ENCRYPTED SIGSTORE PRIVATE KEY-----', ''].join('\n')
}

type Locked = {
  readonly cost: { readonly N: number; readonly r: number; readonly p: number }
  readonly salt: Uint8Array
  readonly nonce: Uint8Array
  readonly box: Uint8Array
}

function readLocked(pem: string, where: string): Locked {
  const blocks = [...pem.matchAll(BLOCK)]
  const body = blocks[0]?.[2]
  if (body === undefined || blocks.length > 1) {
    throw fail('key-invalid', 'is damaged: it is not one key in cosign’s encrypted form', { where })
  }
  const decode = (text: string): Uint8Array => fromBase64(text, 'key-invalid', where)
  const json = parseJson(decode(body.replace(/\s+/g, '')), where, { code: 'key-invalid', limitName: 'keyFileBytes' })
  const read = readShape(lockedSchema, json, where, 'key-invalid')
  const nonce = decode(read.cipher.nonce)
  if (nonce.byteLength !== 24) throw fail('key-invalid', 'is damaged: the nonce of its box has not 24 bytes', { where })
  return { cost: read.kdf.params, salt: decode(read.kdf.salt), nonce, box: decode(read.ciphertext) }
}

async function derive(passphrase: string, salt: Uint8Array, cost: Locked['cost']): Promise<Uint8Array> {
  return await new Promise((resolve, reject) => {
    scrypt(passphrase, salt, 32, { ...cost, maxmem: MOST_MEMORY + 1024 * 1024 * cost.p + 1024 }, (error, key) =>
      error === null ? resolve(new Uint8Array(key)) : reject(error),
    )
  })
}
