import type { DigestSet } from '../../kernel/digest.ts'
import type { Distribution } from '../model.ts'

/** An address as a URI may be written: what must not stand in one is percent-encoded. */
export function uriOf(text: string): string {
  return text.replace(/[\s<>"{}|\\^`]/gu, (unit) => encodeURIComponent(unit))
}

const NAMED: readonly (readonly [algorithm: string, name: string])[] = [
  ['sha512', 'sha-512'],
  ['sha384', 'sha-384'],
  ['sha256', 'sha-256'],
]

/**
 * The address of a distribution; of one that is only known by its hash a name made of that (RFC 6920 `ni:`, or for older hashes
 * `hash:`), since formats want an address for everything that is distributed.
 */
export function distributionUri({ url, hashes }: Distribution): string {
  if (url !== undefined) return uriOf(url)
  for (const [algorithm, name] of NAMED) {
    const hex = hashes[algorithm]
    if (hex !== undefined) return `ni:///${name};${Buffer.from(hex, 'hex').toString('base64url')}`
  }
  const [algorithm, hex] = Object.entries(hashes)[0] ?? ['none', '']
  return `hash://${algorithm}/${hex}`
}

/** The way back. */
export function distributionFrom(uri: string, hashes: DigestSet): Distribution {
  return /^(?:ni:\/\/\/|hash:\/\/)/.test(uri) ? { hashes } : { url: uri, hashes }
}
