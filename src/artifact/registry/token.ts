import { z } from 'zod'
import type { Credential } from './credentials.ts'
import { nameOf, readErrorText, sendHttp } from './http.ts'
import type { HttpCall, HttpDeps } from './http.ts'
import { toBase64, utf8 } from '../../kernel/bytes.ts'
import { fail } from '../../kernel/errors.ts'
import { parseJson } from '../../kernel/json.ts'

export type TokenRequest = {
  /** The registry the token is for, as in references. */
  readonly host: string
  /** The token server, already found to be one that may be asked (`checkRealm`). */
  readonly realm: URL
  readonly service: string | undefined
  readonly scopes: readonly string[]
  readonly credential: Credential | undefined
}

const tokenSchema = z.object({ token: z.string().optional(), access_token: z.string().optional() })
/** What may stand in an Authorization header; all else would be refused by `fetch` in a message that repeats it. */
const HEADER_SAFE = /^[\x21-\x7e]{1,65536}$/

/** The value of an Authorization header for a name and password. */
export function basicAuthorization(username: string, password: string): string {
  return `Basic ${toBase64(utf8(`${username}:${password}`))}`
}

/**
 * Asks a token server for a token (distribution's token and OAuth2 flows): by GET, anonymous or with name and password;
 * by POST with an identity token. Redirects are not followed. Throws `login-needed` when it refuses, `registry-error` for another answer.
 */
export async function fetchToken(deps: HttpDeps, request: TokenRequest): Promise<string> {
  const answer = await sendHttp(deps, callOf(request))
  const where = nameOf(request.realm)
  if (answer.status === 401 || answer.status === 403 || answer.status === 400) {
    const said = await readErrorText(answer)
    const why = request.credential === undefined ? 'gives no token to someone unknown' : 'refuses the name and password it was given'
    throw fail('login-needed', `${why}: ${said}`, { where, hint: `run \`tally login ${request.host}\`` })
  }
  if (answer.status !== 200) throw fail('registry-error', `gives no token: ${await readErrorText(answer)}`, { where })
  const parsed = tokenSchema.safeParse(parseJson(await answer.bytes('registryTokenBytes'), where, { code: 'registry-error' }))
  const token = parsed.success ? (parsed.data.token ?? parsed.data.access_token) : undefined
  if (token === undefined || !HEADER_SAFE.test(token)) throw fail('registry-error', 'answered without a usable token', { where })
  return token
}

function callOf({ realm, service, scopes, credential }: TokenRequest): HttpCall {
  if (credential?.kind === 'identity') {
    const form = new URLSearchParams({ grant_type: 'refresh_token', client_id: 'tallystick', refresh_token: credential.token })
    if (service !== undefined) form.set('service', service)
    if (scopes.length > 0) form.set('scope', scopes.join(' '))
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    return { method: 'POST', url: realm, headers, body: utf8(form.toString()), repeatable: true }
  }
  const url = new URL(realm)
  if (service !== undefined) url.searchParams.set('service', service)
  for (const scope of scopes) url.searchParams.append('scope', scope)
  const headers = credential === undefined ? {} : { authorization: basicAuthorization(credential.username, credential.password) }
  return { method: 'GET', url, headers, repeatable: true }
}
