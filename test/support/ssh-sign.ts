import { createHash, createPublicKey, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

/** Makes what `ssh-keygen -Y sign` makes, and what it would never make. */
export type SshSigning = {
  readonly key: KeyObject
  readonly namespace?: string
  readonly hash?: 'sha256' | 'sha512'
  /** As a security key does; `flags` 1 is touched. */
  readonly hardware?: { readonly application: string; readonly flags: number }
  /** Another algorithm name in the signature than the key's own. */
  readonly form?: string
  /** The key that is named, where it is another than the one that signs. */
  readonly named?: KeyObject
}

const text = (value: string): Buffer => string(Buffer.from(value))

function string(value: Uint8Array): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(value.byteLength)
  return Buffer.concat([length, value])
}

/** A multiple precision integer (RFC 4251): no sign, so a leading zero where the first bit is set. */
function mpint(value: Buffer): Buffer {
  const bytes = value.subarray(
    Math.max(
      0,
      value.findIndex((byte) => byte !== 0),
    ),
  )
  return string((bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes)
}

/** The type and the public key in SSH's form. */
export function sshKeyOf(key: KeyObject, hardware?: SshSigning['hardware']): { readonly type: string; readonly blob: Buffer } {
  const jwk = createPublicKey(key).export({ format: 'jwk' })
  const decode = (part: string | undefined): Buffer => Buffer.from(part ?? '', 'base64url')
  const isHard = hardware !== undefined
  const name = (plain: string): string => (isHard ? `sk-${plain}@openssh.com` : plain)
  const tail = isHard ? [text(hardware.application)] : []
  if (jwk.kty === 'OKP') return wire(name('ssh-ed25519'), [string(decode(jwk.x)), ...tail])
  if (jwk.kty === 'RSA') return wire('ssh-rsa', [mpint(decode(jwk.e)), mpint(decode(jwk.n))])
  const curve = `nistp${jwk.crv?.slice(2)}`
  return wire(name(`ecdsa-sha2-${curve}`), [text(curve), string(Buffer.concat([Buffer.of(4), decode(jwk.x), decode(jwk.y)])), ...tail])
}

function wire(type: string, parts: readonly Buffer[]): { readonly type: string; readonly blob: Buffer } {
  return { type, blob: Buffer.concat([text(type), ...parts]) }
}

/** A line of an allowed-signers file. */
export function allowedSigner(principal: string, key: KeyObject, options = '', hardware?: SshSigning['hardware']): string {
  const { type, blob } = sshKeyOf(key, hardware)
  return `${principal} ${options === '' ? '' : `${options} `}${type} ${blob.toString('base64')} a comment\n`
}

/** Signs a message (OpenSSH PROTOCOL.sshsig). Out: the armored signature. */
export function signSsh(message: Uint8Array, signing: SshSigning): string {
  const { namespace = 'git', hash = 'sha512', hardware } = signing
  const head = [text(namespace), string(Buffer.alloc(0)), text(hash)]
  const signed = Buffer.concat([Buffer.from('SSHSIG'), ...head, string(createHash(hash).update(message).digest())])
  const version = Buffer.of(0, 0, 0, 1)
  const { blob } = sshKeyOf(signing.named ?? signing.key, hardware)
  const whole = Buffer.concat([Buffer.from('SSHSIG'), version, string(blob), ...head, string(signatureOf(signed, signing))])
  const lines = whole.toString('base64').match(/.{1,70}/g) ?? []
  return ['-----BEGIN SSH SIGNATURE-----', ...lines, '-----END SSH SIGNATURE-----', ''].join('\n')
}

function signatureOf(signed: Uint8Array, { key, hardware, form }: SshSigning): Buffer {
  const { type } = sshKeyOf(key, hardware)
  const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()
  const after = hardware === undefined ? Buffer.alloc(0) : Buffer.of(hardware.flags, 0, 0, 0, 7)
  const message = hardware === undefined ? signed : Buffer.concat([sha256(Buffer.from(hardware.application)), after, sha256(signed)])
  if (key.asymmetricKeyType === 'ed25519') return Buffer.concat([text(form ?? type), string(sign(null, message, key)), after])
  if (key.asymmetricKeyType === 'rsa') {
    const name = form ?? 'rsa-sha2-512'
    return Buffer.concat([text(name), string(sign({ 'rsa-sha2-512': 'sha512', 'rsa-sha2-256': 'sha256' }[name] ?? 'sha1', message, key))])
  }
  const hash = { nistp256: 'sha256', nistp384: 'sha384' }[/nistp\d+/.exec(type)?.[0] ?? ''] ?? 'sha512'
  const pair = sign(hash, message, { key, dsaEncoding: 'ieee-p1363' })
  const half = pair.byteLength / 2
  return Buffer.concat([text(form ?? type), string(Buffer.concat([mpint(pair.subarray(0, half)), mpint(pair.subarray(half))])), after])
}
