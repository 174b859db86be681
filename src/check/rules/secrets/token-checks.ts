import { crc32 } from 'node:zlib'

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/**
 * Whether the last six characters are the CRC-32 of those before them, in base 62 (GitHub's and npm's tokens: github.blog, "Behind
 * GitHub's new authentication token formats"). In: the token without its prefix.
 */
export function hasBase62Checksum(body: string): boolean {
  let rest = crc32(body.slice(0, -6))
  let text = ''
  for (let place = 0; place < 6; place += 1) {
    text = (BASE62[rest % 62] ?? '') + text
    rest = Math.floor(rest / 62)
  }
  return body.slice(-6) === text
}

/** Shannon entropy of a text in bits a character: a random token has 4 and more, a made-up one much less. */
export function entropyOf(text: string): number {
  const counts = new Map<string, number>()
  for (const unit of text) counts.set(unit, (counts.get(unit) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length)
  return bits
}

/** Whether a text is random enough to be a real token and no placeholder. */
export function looksRandom(text: string, bits = 3.5): boolean {
  return entropyOf(text) >= bits && !/example|xxxx|0000|1234567|abcdef|placeholder|redacted/i.test(text)
}

/** The claims of a JWT whose header names an algorithm; undefined for what only looks like one. */
export function jwtClaims(token: string): Readonly<Record<string, unknown>> | undefined {
  const [header, payload] = token.split('.').map(decodePart)
  return typeof header?.['alg'] === 'string' && header['alg'] !== 'none' ? payload : undefined
}

function decodePart(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
