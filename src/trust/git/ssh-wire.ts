import { createPublicKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { concatBytes, textOf } from '../../kernel/bytes.ts'
import { fail } from '../../kernel/errors.ts'

/** Reads values of the SSH protocol (RFC 4251, 5) one after another. Every read throws `evidence-malformed` when there is not enough. */
export type WireReader = {
  readonly string: () => Uint8Array
  readonly text: () => string
  readonly uint32: () => number
  readonly take: (count: number) => Uint8Array
  /** Throws unless everything was read. */
  readonly end: () => void
}

export function readWire(bytes: Uint8Array, where: string): WireReader {
  let at = 0
  const take = (count: number): Uint8Array => {
    const end = at + count
    if (end > bytes.byteLength) throw fail('evidence-malformed', 'ends before it should', { where })
    const part = bytes.subarray(at, end)
    at = end
    return part
  }
  const uint32 = (): number => Buffer.from(take(4)).readUInt32BE()
  const string = (): Uint8Array => take(uint32())
  return {
    take,
    uint32,
    string,
    text: () => textOf(string(), 'evidence-malformed', where),
    end: () => {
      if (at !== bytes.byteLength) throw fail('evidence-malformed', 'has more after its end', { where })
    },
  }
}

/** A value of the SSH protocol: its length and itself. */
export function wireString(value: Uint8Array): Uint8Array {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(value.byteLength)
  return concatBytes([length, value])
}

/** A public key as SSH writes it. `application` where it is kept in a security key (FIDO). */
export type SshKey = { readonly type: string; readonly key: KeyObject; readonly application?: Uint8Array }

const CURVES: Readonly<Record<string, { readonly crv: string; readonly size: number }>> = {
  nistp256: { crv: 'P-256', size: 32 },
  nistp384: { crv: 'P-384', size: 48 },
  nistp521: { crv: 'P-521', size: 66 },
}

/**
 * Reads a public key (RFC 4253, 6.6; RFC 5656, 3.1; RFC 8709, 4; OpenSSH PROTOCOL.u2f): Ed25519, ECDSA, RSA of 2048 to 8192 bits, and the first
 * two in security keys. Throws `evidence-malformed`, or `key-invalid` for kinds that are not supported, by name.
 */
export function readSshKey(blob: Uint8Array, where: string): SshKey {
  const wire = readWire(blob, where)
  const type = wire.text()
  const isHard = type.startsWith('sk-')
  const kind = type.replace(/^sk-/, '').replace(/@openssh\.com$/, '')
  const key = keyOf(kind, wire, where)
  const application = isHard ? wire.string() : undefined
  wire.end()
  return { type, key, ...(application === undefined ? {} : { application }) }
}

function keyOf(kind: string, wire: WireReader, where: string): KeyObject {
  if (kind === 'ssh-ed25519') return fromJwk({ kty: 'OKP', crv: 'Ed25519', x: base64url(wire.string()) }, where)
  if (kind.startsWith('ecdsa-sha2-')) {
    const name = wire.text()
    const curve = Object.hasOwn(CURVES, name) ? CURVES[name] : undefined
    const point = wire.string()
    if (curve === undefined || kind !== `ecdsa-sha2-${name}` || point[0] !== 4 || point.byteLength !== 1 + 2 * curve.size) {
      throw fail('evidence-malformed', 'is not an ECDSA key', { where })
    }
    const [x, y] = [point.subarray(1, 1 + curve.size), point.subarray(1 + curve.size)]
    return fromJwk({ kty: 'EC', crv: curve.crv, x: base64url(x), y: base64url(y) }, where)
  }
  if (kind === 'ssh-rsa') {
    const [exponent, modulus] = [unsigned(wire.string()), unsigned(wire.string())]
    const bits = modulus.byteLength * 8
    if (bits < 2048 || bits > 8192 || exponent.byteLength > 4)
      throw fail('key-invalid', `is an RSA key of ${bits} bits; 2048 to 8192 are supported`, { where })
    return fromJwk({ kty: 'RSA', e: base64url(exponent), n: base64url(modulus) }, where)
  }
  throw fail('key-invalid', `is a key of kind ${kind.slice(0, 60)}, which is not supported`, { where })
}

function fromJwk(jwk: Readonly<Record<string, string>>, where: string): KeyObject {
  try {
    return createPublicKey({ key: { ...jwk }, format: 'jwk' })
  } catch (cause) {
    throw fail('evidence-malformed', 'is not a key', { where, cause })
  }
}

function unsigned(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0 ? bytes.subarray(1) : bytes
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url')
}
