import { z } from 'zod'
import { fromBase64 } from '../../kernel/bytes.ts'
import { fail } from '../../kernel/errors.ts'
import { parseJson } from '../../kernel/json.ts'
import { readShape } from '../../kernel/shape.ts'

/**
 * A token of an issuer that says who somebody is. It is not verified here: the certificate authority does that. It is a secret until it
 * has ended, and never stands in a message.
 */
export type IdentityToken = {
  readonly text: string
  readonly issuer: string
  /** What the certificate authority will want signed, to see that whoever asks has the key: the e-mail address, or the subject. */
  readonly subject: string
  /** Milliseconds since 1970. */
  readonly ends: number
  readonly nonce?: string
}

const claimsSchema = z.object({
  iss: z.string().min(1).max(2048),
  sub: z.string().min(1).max(2048),
  aud: z.union([z.string(), z.array(z.string())]),
  exp: z.number(),
  email: z.string().max(1024).optional(),
  email_verified: z.union([z.boolean(), z.string()]).optional(),
  nonce: z.string().max(1024).optional(),
})

/**
 * Reads what a token claims (RFC 7519). In: its text, the audience it must be for, the time. Throws `login-needed` for one that has
 * ended, `usage` for a text that is no token or is for somebody else.
 */
export function readIdentityToken(text: string, audience: string, now: Date, where: string): IdentityToken {
  const parts = text.trim().split('.')
  const [, body] = parts
  if (parts.length !== 3 || body === undefined) throw fail('usage', 'is not an identity token', { where })
  const json = parseJson(fromBase64(body, 'usage', where), where, { code: 'usage', limitName: 'keyFileBytes' })
  const claims = readShape(claimsSchema, json, where, 'usage')
  if (!(Array.isArray(claims.aud) ? claims.aud : [claims.aud]).includes(audience)) {
    throw fail('usage', `is a token for somebody else than \`${audience}\``, {
      where,
      hint: `ask its issuer for one with the audience ${audience}`,
    })
  }
  const ends = claims.exp * 1000
  if (ends <= now.valueOf()) throw fail('login-needed', 'is a token that has ended', { where, hint: 'get a new one' })
  if (claims.email !== undefined && claims.email_verified !== undefined && String(claims.email_verified) !== 'true') {
    throw fail('usage', 'is a token with an e-mail address that its issuer has not verified', { where })
  }
  return {
    text: text.trim(),
    issuer: claims.iss,
    subject: claims.email ?? claims.sub,
    ends,
    ...(claims.nonce === undefined ? {} : { nonce: claims.nonce }),
  }
}
