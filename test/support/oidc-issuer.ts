import { createHash, generateKeyPairSync, sign, verify } from 'node:crypto'
import { startHttpFake } from './http-fake.ts'
import type { FakeAnswer, HttpFake } from './http-fake.ts'

export type OidcIssuer = HttpFake & {
  /** A token for `email`, with these claims instead of the usual ones where given. */
  readonly token: (email: string, claims?: Readonly<Record<string, unknown>>) => string
  /** The claims of a token, if this issuer signed it and it has not ended. */
  readonly open: (token: string) => { readonly email: string; readonly iss: string } | undefined
  /** Claims changed in the tokens it gives to whoever logs in. */
  readonly wrong: Record<string, unknown>
}

/**
 * An OpenID Connect issuer on loopback: discovery, keys, ES256 tokens, and the authorization code flow with PKCE. Whoever comes to
 * `/authorize` is logged in as `person@example.com` and sent back at once.
 */
export async function startOidcIssuer(): Promise<OidcIssuer> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const codes = new Map<string, URLSearchParams>()
  const wrong: Record<string, unknown> = {}
  let origin = ''
  const token = (email: string, claims: Readonly<Record<string, unknown>> = {}): string => {
    const now = Math.floor(Date.now() / 1000)
    const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    const usual = {
      iss: origin,
      sub: `id of ${email}`,
      aud: 'sigstore',
      iat: now,
      nbf: now - 1,
      exp: now + 300,
      email,
      email_verified: true,
    }
    const text = `${encode({ alg: 'ES256', kid: 'k', typ: 'JWT' })}.${encode({ ...usual, ...claims })}`
    return `${text}.${sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
  }

  const open: OidcIssuer['open'] = (text) => {
    const [header = '', body = '', signature = ''] = text.split('.')
    const isSigned = verify(
      'sha256',
      Buffer.from(`${header}.${body}`),
      { key: publicKey, dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    )
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as { email: string; iss: string; exp: number; aud: string }
    return isSigned && claims.exp * 1000 > Date.now() && claims.aud === 'sigstore' ? claims : undefined
  }

  function authorize(query: URLSearchParams): FakeAnswer {
    const back = new URL(query.get('redirect_uri') ?? '')
    back.searchParams.set('state', query.get('state') ?? '')
    if (query.get('response_type') !== 'code' || query.get('code_challenge_method') !== 'S256')
      back.searchParams.set('error', 'invalid_request')
    else {
      const code = `code-${codes.size}`
      codes.set(code, query)
      back.searchParams.set('code', code)
    }
    return { status: 302, headers: { location: back.href } }
  }

  function exchange(form: URLSearchParams): FakeAnswer {
    const code = form.get('code') ?? ''
    const asked = codes.get(code)
    codes.delete(code)
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    const isRight =
      asked?.get('code_challenge') === challenge &&
      asked.get('redirect_uri') === form.get('redirect_uri') &&
      asked.get('client_id') === form.get('client_id')
    if (!isRight) return { status: 400, json: { error: 'invalid_grant', error_description: 'the code verifier does not fit' } }
    return { json: { id_token: token('person@example.com', { nonce: asked.get('nonce'), ...wrong }), token_type: 'Bearer' } }
  }

  const fake = await startHttpFake(({ path, body }) => {
    const url = new URL(path, origin)
    if (url.pathname === '/.well-known/openid-configuration') {
      const at = { authorization_endpoint: `${origin}/authorize`, token_endpoint: `${origin}/token`, jwks_uri: `${origin}/keys` }
      const algorithms = {
        id_token_signing_alg_values_supported: ['ES256'],
        subject_types_supported: ['public'],
        response_types_supported: ['code'],
      }
      return { json: { issuer: wrong['issuer'] ?? origin, ...at, ...algorithms } }
    }
    if (url.pathname === '/keys')
      return { json: { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k', use: 'sig', alg: 'ES256' }] } }
    if (url.pathname === '/authorize') return authorize(url.searchParams)
    if (url.pathname === '/token') return exchange(new URLSearchParams(Buffer.from(body).toString()))
    return { status: 404 }
  })
  origin = fake.origin
  return { ...fake, token, open, wrong }
}
