import { createHash, verify } from 'node:crypto'
import { concatBytes, fromBase64, utf8 } from '../../kernel/bytes.ts'
import { fail } from '../../kernel/errors.ts'
import { DER, writeDer } from '../der.ts'
import { readSshKey, readWire, wireString } from './ssh-wire.ts'
import type { SshKey } from './ssh-wire.ts'

/** A signature as `ssh-keygen -Y sign` makes it (OpenSSH PROTOCOL.sshsig), taken apart. Nothing of it is verified. */
export type SshSignature = {
  readonly keyBlob: Uint8Array
  readonly key: SshKey
  readonly namespace: string
  readonly hash: 'sha256' | 'sha512'
  /** What of the signature's own fields is signed beside the message. */
  readonly reserved: Uint8Array
  readonly signature: Uint8Array
}

const MAGIC = utf8('SSHSIG')
const ARMOR = /^-----BEGIN SSH SIGNATURE-----\n([A-Za-z0-9+/=\n]{1,65536})-----END SSH SIGNATURE-----\n?$/

/** Reads an armored signature. Throws `evidence-malformed`, also for anything after its end, or `key-invalid` for a kind of key that is not supported. */
export function readSshSignature(text: string, where: string): SshSignature {
  const body = ARMOR.exec(text.replaceAll('\r\n', '\n'))?.[1]
  if (body === undefined) throw fail('evidence-malformed', 'is not one whole SSH signature', { where })
  const wire = readWire(fromBase64(body.replaceAll('\n', ''), 'evidence-malformed', where), where)
  if (Buffer.compare(wire.take(MAGIC.byteLength), MAGIC) !== 0 || wire.uint32() !== 1) {
    throw fail('evidence-malformed', 'is not an SSH signature of version 1', { where })
  }
  const keyBlob = wire.string()
  const namespace = wire.text()
  const reserved = wire.string()
  const hash = wire.text()
  const signature = wire.string()
  wire.end()
  if (hash !== 'sha256' && hash !== 'sha512')
    throw fail('evidence-malformed', 'is over a hash that is neither sha256 nor sha512', { where })
  return { keyBlob, key: readSshKey(keyBlob, where), namespace, hash, reserved, signature }
}

/**
 * Whether a signature is over a message, for a purpose: the namespace, `git` for what git signs. In: the message, what was read. Never
 * throws for a signature that is none.
 */
export function matchesSsh(message: Uint8Array, signature: SshSignature, namespace: string): boolean {
  if (signature.namespace !== namespace) return false
  const signed = concatBytes([
    MAGIC,
    wireString(utf8(signature.namespace)),
    wireString(signature.reserved),
    wireString(utf8(signature.hash)),
    wireString(createHash(signature.hash).update(message).digest()),
  ])
  try {
    return matchesKey(signed, signature)
  } catch {
    // What cannot be taken apart is no signature.
    return false
  }
}

function matchesKey(signed: Uint8Array, { key, signature }: SshSignature): boolean {
  const wire = readWire(signature, 'the signature')
  const form = wire.text()
  const blob = wire.string()
  if (key.application === undefined) {
    wire.end()
    return matchesPlain(signed, form, blob, key)
  }
  // A security key signs the hash of the application, how it was touched, a counter, and the hash of the message (PROTOCOL.u2f).
  const flags = wire.take(1)
  const counter = wire.take(4)
  wire.end()
  const wasTouched = ((flags[0] ?? 0) & 1) === 1
  const message = concatBytes([sha256(key.application), flags, counter, sha256(signed)])
  return wasTouched && form === key.type && matchesPlain(message, form.replace(/^sk-/, '').replace(/@openssh\.com$/, ''), blob, key)
}

const ECDSA_HASH: Readonly<Record<string, string>> = { nistp256: 'sha256', nistp384: 'sha384', nistp521: 'sha512' }

function matchesPlain(message: Uint8Array, form: string, blob: Uint8Array, { key, type }: SshKey): boolean {
  if (form === 'ssh-ed25519') return key.asymmetricKeyType === 'ed25519' && verify(null, message, key, blob)
  // The old name means SHA-1, which is not accepted.
  if (form === 'rsa-sha2-256' || form === 'rsa-sha2-512') {
    return key.asymmetricKeyType === 'rsa' && verify(form === 'rsa-sha2-256' ? 'sha256' : 'sha512', message, key, blob)
  }
  const curve = /^ecdsa-sha2-(nistp\d{3})$/.exec(form)?.[1] ?? ''
  const hash = Object.hasOwn(ECDSA_HASH, curve) ? ECDSA_HASH[curve] : undefined
  if (hash === undefined || key.asymmetricKeyType !== 'ec' || !type.includes(curve)) return false
  const pair = readWire(blob, 'the signature')
  const der = writeDer(DER.sequence, writeDer(DER.integer, pair.string()), writeDer(DER.integer, pair.string()))
  pair.end()
  return verify(hash, message, key, der)
}

function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest())
}
