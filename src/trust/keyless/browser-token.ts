import { createHash, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { utf8 } from '../../kernel/bytes.ts'
import type { Deps } from '../../kernel/deps.ts'
import { fail } from '../../kernel/errors.ts'
import { LIMITS } from '../../kernel/limits.ts'
import { safeText, shorten } from '../../kernel/text.ts'
import { callService, serviceUrl } from '../signers/service-call.ts'
import type { ServiceDeps } from '../signers/service-call.ts'
import { readIdentityToken } from './identity-token.ts'
import type { IdentityToken } from './identity-token.ts'
import { listenForRedirect } from './redirect-listener.ts'

export type BrowserFlow = {
  /** The issuer, as a signing configuration names it. */
  readonly issuer: URL
  readonly clientId: string
  readonly clientSecret?: string
  /** Port the browser is sent back to; 0 takes any free one. */
  readonly port: number
  /** Shows the address to a person, and opens it in a browser where there is one. */
  readonly open: (url: URL) => Promise<void>
}

const discoverySchema = z.object({
  issuer: z.string(),
  authorization_endpoint: z.string(),
  token_endpoint: z.string(),
})

/**
 * Has a person log in with a browser (OpenID Connect, authorization code with PKCE, RFC 7636). `state` and `nonce` are new for each
 * attempt: a redirect with another state is not taken (GHSA-hm8f-75xx-w2vr), a token with another nonce is refused, and so is one
 * of another issuer. Throws `login-needed` when the issuer says no, `timeout` when nobody came back in time.
 */
export async function askInBrowser(deps: ServiceDeps & Pick<Deps, 'randomBytes'>, flow: BrowserFlow): Promise<IdentityToken> {
  const issuer = flow.issuer.href.replace(/\/$/, '')
  const where = flow.issuer.host
  const call = { url: new URL(`${issuer}/.well-known/openid-configuration`), service: 'the issuer of identities', repeatable: true }
  const found = await callService(deps, call, discoverySchema)
  if (found.issuer.replace(/\/$/, '') !== issuer) throw fail('service-error', 'says it is another issuer than it was asked as', { where })
  const random = (): string => Buffer.from(deps.randomBytes(32)).toString('base64url')
  const [state, nonce, verifier] = [random(), random(), random()]
  const signal = AbortSignal.any([deps.signal, AbortSignal.timeout(LIMITS.browserMs)])
  const listener = await listenForRedirect((query) => isSame(query.get('state'), state), flow.port, signal)
  try {
    const page = serviceUrl(found.authorization_endpoint, where)
    const question = {
      response_type: 'code',
      client_id: flow.clientId,
      redirect_uri: listener.redirectUri,
      scope: 'openid email',
      state,
      nonce,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    }
    for (const [name, value] of Object.entries(question)) page.searchParams.set(name, value)
    await flow.open(page)
    const code = codeOf(await listener.query, found.issuer, where)
    const text = await exchange(deps, serviceUrl(found.token_endpoint, where), {
      grant_type: 'authorization_code',
      code,
      redirect_uri: listener.redirectUri,
      client_id: flow.clientId,
      code_verifier: verifier,
      ...(flow.clientSecret === undefined ? {} : { client_secret: flow.clientSecret }),
    })
    const token = readIdentityToken(text, flow.clientId, deps.now(), where)
    if (!isSame(token.nonce ?? null, nonce))
      throw fail('service-error', 'gave a token for another question (its nonce is not ours)', { where })
    if (token.issuer !== found.issuer) throw fail('service-error', 'gave a token of another issuer', { where })
    return token
  } finally {
    listener.close()
  }
}

function codeOf(query: URLSearchParams, issuer: string, where: string): string {
  const named = query.get('iss')
  // RFC 9207: an issuer that says who it is must be the one that was asked.
  if (named !== null && named !== issuer) throw fail('service-error', 'is not who sent the browser back', { where })
  const refused = query.get('error')
  if (refused !== null) {
    const text = [refused, query.get('error_description')].filter((part) => part !== null).join(': ')
    throw fail('login-needed', `said no: ${shorten(safeText(text), 200)}`, { where })
  }
  const code = query.get('code')
  if (code === null || code === '') throw fail('service-error', 'sent the browser back without a code', { where })
  return code
}

async function exchange(deps: ServiceDeps, url: URL, form: Readonly<Record<string, string>>): Promise<string> {
  const call = {
    url,
    body: utf8(new URLSearchParams(form).toString()),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    service: 'the issuer of identities',
    // A code is good for one try.
    repeatable: false,
  }
  return (
    await callService(
      deps,
      call,
      z.object({
        id_token: z
          .string()
          .min(1)
          .max(64 * 1024),
      }),
    )
  ).id_token
}

function isSame(found: string | null, expected: string): boolean {
  const [a, b] = [utf8(found ?? ''), utf8(expected)]
  return a.byteLength === b.byteLength && timingSafeEqual(a, b)
}
