import { fail } from '../../kernel/errors.ts'

/**
 * Token servers that are not on the registry's own host, for registries that have them; the documented allow-list.
 * Others are named by whoever trusts them (`RegistryOptions.realmHosts`).
 */
const REALM_HOSTS: Readonly<Record<string, readonly string[]>> = {
  'docker.io': ['auth.docker.io'],
  'registry.gitlab.com': ['gitlab.com'],
}

/** The host that answers for a registry: Docker Hub's API has another name than its references. */
export function apiHost(host: string): string {
  return host === 'docker.io' ? 'registry-1.docker.io' : host
}

/** Whether a URL leads to this machine, where plain HTTP passes no wire. In: `URL.hostname`. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]' || /^127(?:\.[0-9]{1,3}){3}$/.test(hostname)
}

/**
 * The URL of a token server, if credentials for this registry may go there: the registry's own host or one of the
 * allow-list, over https, or on this machine when the registry is too. A registry that could name any realm could
 * collect the password of any (CVE-2026-33540 and its kind). In: the `realm` of the challenge, the registry's host as in
 * references, its origin, more hosts that are trusted. Throws `registry-error` or `insecure-transport`.
 */
export function checkRealm(realm: string, host: string, origin: URL, more: readonly string[] = []): URL {
  const where = host
  const url = URL.canParse(realm) ? new URL(realm) : undefined
  if (url === undefined) throw fail('registry-error', 'asks for a token from something that is no URL', { where })
  const isLocal = isLoopback(url.hostname) && isLoopback(origin.hostname)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLocal)) {
    throw fail('insecure-transport', `asks for credentials to be sent to ${url.protocol}//${url.host}, which is not https`, { where })
  }
  const allowed = [origin.hostname, ...(REALM_HOSTS[host] ?? []), ...more]
  if (url.username !== '' || url.password !== '' || !allowed.includes(url.hostname)) {
    throw fail('registry-error', `asks for credentials to be sent to another host, ${url.host}`, {
      where,
      hint: `if that is its token server, say so: TALLY_REALM_HOSTS=${url.hostname}`,
    })
  }
  return url
}

/**
 * Where a redirect or a Location leads. Out: the next URL and whether it is still the same origin (only then may
 * credentials go along). An `http:` link of an https server to itself is a proxy's mistake and is read as https; any
 * other step from https to http, or from a remote host to this machine, throws `insecure-transport`.
 */
export function nextHop(from: URL, location: string | null, allowHttp: boolean): { readonly url: URL; readonly sameOrigin: boolean } {
  const where = `${from.origin}${from.pathname}`
  if (location === null || !URL.canParse(location, from.href)) throw fail('registry-error', 'points on to nowhere', { where })
  const url = new URL(location, from.href)
  if (
    from.protocol === 'https:' &&
    url.protocol === 'http:' &&
    url.hostname === from.hostname &&
    (url.port === '' || url.host === from.host)
  ) {
    url.protocol = 'https:'
    url.port = from.port
  }
  const isPlain = url.protocol === 'http:'
  if (url.protocol !== 'https:' && !isPlain) throw fail('registry-error', `points on to ${url.protocol}`, { where })
  if (isPlain && (from.protocol === 'https:' || !(isLoopback(url.hostname) || allowHttp))) {
    throw fail('insecure-transport', `points on to http://${url.host}, which is not https`, { where })
  }
  if (isLoopback(url.hostname) && !isLoopback(from.hostname)) {
    throw fail('insecure-transport', 'points from another machine to this one', { where })
  }
  if (url.username !== '' || url.password !== '') throw fail('registry-error', 'points on to a URL with user information', { where })
  return { url, sameOrigin: url.origin === from.origin }
}
