import { parseChallenges } from './auth-challenge.ts'
import type { Challenge } from './auth-challenge.ts'
import { readCredential } from './credentials.ts'
import type { Credential } from './credentials.ts'
import { apiHost, checkRealm, isLoopback, nextHop } from './hosts.ts'
import { nameOf, readErrorText, sendHttp } from './http.ts'
import type { HttpAnswer, HttpCall } from './http.ts'
import { basicAuthorization, fetchToken } from './token.ts'
import type { Deps } from '../../kernel/deps.ts'
import { asTallyError, fail } from '../../kernel/errors.ts'
import { LIMITS } from '../../kernel/limits.ts'

export type RegistryDeps = Pick<Deps, 'fetch' | 'signal' | 'randomBytes' | 'now' | 'fs' | 'env' | 'spawn' | 'log'>

export type SessionOptions = {
  /** Plain HTTP to other machines than this one; https is tried first. */
  readonly allowHttp: boolean
  /** Refuse every call. */
  readonly offline: boolean
  /** Token servers that may be sent credentials beside the registry's own host; TALLY_REALM_HOSTS adds to them. */
  readonly realmHosts?: readonly string[]
  /** Sessions by host that are shared: one probe, one login and one token a scope for all that is asked of a host. */
  readonly sessions?: Map<string, Session>
}

export type SessionCall = Omit<HttpCall, 'url'> & {
  /** A path from the root, or a whole URL the registry pointed at. */
  readonly target: string | URL
  /** Token scopes this call needs, `repository:<name>:pull`. */
  readonly scopes: readonly string[]
}

/** Calls to one registry host, authorized as they need to be. 401 and 403 never come back: they are thrown. */
export type Session = {
  readonly host: string
  readonly send: (call: SessionCall) => Promise<HttpAnswer>
  /** Where a Location or Link header leads, as it may be followed. */
  readonly resolveLink: (from: URL, location: string | null) => { readonly url: URL; readonly sameOrigin: boolean }
}

/**
 * Opens a session with a registry host. Nothing is sent before the first call, and no credentials before the registry
 * asks for them. In: `credential` to use instead of what the Docker configuration holds. Throws, on calls: `offline`,
 * `login-needed`, `forbidden`, `network`, `insecure-transport`, `registry-error`.
 */
export function openSession(deps: RegistryDeps, host: string, options: SessionOptions, given?: Credential): Session {
  const authorizations = new Map<string, Promise<string>>()
  let origin: Promise<URL> | undefined
  let credential: Promise<Credential | undefined> | undefined
  const originOnce = (): Promise<URL> =>
    (origin ??= findOrigin(deps, host, options).catch((error: unknown) => {
      origin = undefined // A later call may find the network up again.
      throw error
    }))
  const credentialOnce = (): Promise<Credential | undefined> =>
    (credential ??= given === undefined ? readCredential(deps, host) : Promise.resolve(given))
  const realmHosts = [...(options.realmHosts ?? []), ...(deps.env['TALLY_REALM_HOSTS'] ?? '').split(/[\s,]+/).filter((name) => name !== '')]

  async function authorize(challenges: readonly Challenge[], base: URL, scopes: readonly string[]): Promise<string> {
    const who = await credentialOnce()
    const bearer = challenges.find((challenge) => challenge.scheme === 'bearer')
    const realm = bearer?.params['realm']
    if (realm !== undefined) {
      const url = checkRealm(realm, host, base, realmHosts)
      return `Bearer ${await fetchToken(deps, { host, realm: url, service: bearer?.params['service'], scopes, credential: who })}`
    }
    const isBasic = challenges.some((challenge) => challenge.scheme === 'basic')
    if (!isBasic) throw fail('registry-error', 'wants to know who asks in a way that is not supported', { where: host })
    if (who?.kind !== 'basic') throw fail('login-needed', 'wants a name and a password', { where: host, hint: loginHint(host) })
    return basicAuthorization(who.username, who.password)
  }

  async function renew(key: string, made: Promise<string>): Promise<string> {
    authorizations.set(key, made)
    try {
      return await made
    } catch (error) {
      if (authorizations.get(key) === made) authorizations.delete(key)
      throw error
    }
  }

  async function send(call: SessionCall): Promise<HttpAnswer> {
    if (options.offline) throw fail('offline', 'this needs the registry', { where: host })
    const base = await originOnce()
    const url = typeof call.target === 'string' ? new URL(call.target, base) : call.target
    if (url.origin !== base.origin) return await sendElsewhere(deps, call, url)
    const key = call.scopes.join(' ')
    const used = authorizations.get(key)
    const first = await sendFollowing(deps, withAuthorization(call, url, await used), options)
    if (first.status !== 401 || first.url.origin !== base.origin) return await refuseForbidden(first, host, false)
    const challenges = parseChallenges(first.headers.get('www-authenticate') ?? '')
    await first.drop()
    // Of several calls at once that were refused, the first asks for a token and the others wait for it.
    const renewed = authorizations.get(key)
    const authorization = await (renewed !== undefined && renewed !== used ? renewed : renew(key, authorize(challenges, base, call.scopes)))
    const second = await sendFollowing(deps, withAuthorization(call, url, authorization), options)
    return await refuseForbidden(second, host, authorization.startsWith('Bearer ') && (await credentialOnce()) !== undefined)
  }

  return { host, send, resolveLink: (from, location) => nextHop(from, location, options.allowHttp) }
}

/** The session with a host that `options.sessions` has, else a new one. */
export function sessionWith(deps: RegistryDeps, host: string, options: SessionOptions): Session {
  const session = options.sessions?.get(host) ?? openSession(deps, host, options)
  options.sessions?.set(host, session)
  return session
}

function withAuthorization(call: SessionCall, url: URL, authorization: string | undefined): HttpCall {
  const { target: _target, scopes: _scopes, ...rest } = call
  return { ...rest, url, headers: { ...call.headers, ...(authorization === undefined ? {} : { authorization }) } }
}

/** A place the registry pointed at on another host (storage for uploads): nothing of who asks goes there. */
async function sendElsewhere(deps: RegistryDeps, call: SessionCall, url: URL): Promise<HttpAnswer> {
  return await sendHttp(deps, withAuthorization(call, url, undefined))
}

/** Sends, and follows redirects of reading calls; from the first step to another origin on without authorization. */
async function sendFollowing(deps: RegistryDeps, call: HttpCall, options: SessionOptions): Promise<HttpAnswer> {
  let url = call.url
  let headers = call.headers ?? {}
  for (let hop = 0; hop <= LIMITS.httpRedirects; hop += 1) {
    const answer = await sendHttp(deps, { ...call, url, headers })
    const isRedirect = [301, 302, 303, 307, 308].includes(answer.status)
    if (!isRedirect || (call.method !== 'GET' && call.method !== 'HEAD')) return answer
    await answer.drop()
    const next = nextHop(url, answer.headers.get('location'), options.allowHttp)
    const { authorization: _authorization, ...plain } = headers
    if (!next.sameOrigin) headers = plain
    url = next.url
  }
  throw fail('registry-error', `redirects more than httpRedirects (${LIMITS.httpRedirects}) times`, { where: nameOf(call.url) })
}

async function refuseForbidden(answer: HttpAnswer, host: string, isKnown: boolean): Promise<HttpAnswer> {
  if (answer.status !== 401 && answer.status !== 403) return answer
  const where = nameOf(answer.url)
  const said = await readErrorText(answer)
  if (answer.status === 401 && !isKnown) throw fail('login-needed', `wants to know who asks: ${said}`, { where, hint: loginHint(host) })
  throw fail('forbidden', `does not allow this: ${said}`, { where })
}

/** https, except on this machine (where http is tried first) and where http was allowed (after https). */
async function findOrigin(deps: RegistryDeps, host: string, options: SessionOptions): Promise<URL> {
  const https = new URL(`https://${apiHost(host)}`)
  const http = new URL(`http://${apiHost(host)}`)
  if (isLoopback(https.hostname)) return (await speaks(deps, http)) ? http : https
  if (!options.allowHttp) return https
  return (await speaks(deps, https)) ? https : http
}

/** Whether a registry answers there. A TLS port answers plain HTTP with 400 or hangs up; a plain port breaks a TLS handshake. */
async function speaks(deps: RegistryDeps, origin: URL): Promise<boolean> {
  try {
    const answer = await sendHttp(deps, { method: 'GET', url: new URL('/v2/', origin), repeatable: false })
    await answer.drop()
    return answer.status !== 400
  } catch (error) {
    if (asTallyError(error).code === 'network') return false
    throw error
  }
}

function loginHint(host: string): string {
  return `run \`tally login ${host}\``
}
