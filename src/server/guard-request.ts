import { timingSafeEqual } from 'node:crypto'
import { utf8 } from '../kernel/bytes.ts'

/** Why a request is refused before anything is looked up, or nothing. */
export type Refusal = { readonly status: 400 | 401 | 403 | 421; readonly why: string }

/**
 * Refuses requests a browser was tricked into: a Host that is none of ours (DNS rebinding), an Origin that is not the
 * page's own, a write without a token. In: method and headers, the hosts this server answers to (`host:port`, lower case).
 */
export function guardRequest(
  request: {
    readonly method: string
    readonly host: string | undefined
    readonly origin: string | undefined
    readonly site: string | undefined
  },
  hosts: ReadonlySet<string>,
): Refusal | undefined {
  const host = request.host?.toLowerCase()
  if (host === undefined || !hosts.has(host)) return { status: 421, why: 'this server does not answer to that Host' }
  if (
    request.origin !== undefined &&
    request.origin.toLowerCase() !== `http://${host}` &&
    request.origin.toLowerCase() !== `https://${host}`
  ) {
    return { status: 403, why: 'the request comes from another page' }
  }
  if (request.site === 'cross-site' && !isRead(request.method)) return { status: 403, why: 'the request comes from another site' }
  return undefined
}

export function isRead(method: string): boolean {
  return method === 'GET' || method === 'HEAD'
}

/** The names under which a loopback server is reached at a port. */
export function loopbackHosts(port: number): ReadonlySet<string> {
  return new Set(['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${port}`))
}

/** Compares two secrets in time that does not tell where they differ. */
export function sameSecret(a: string, b: string): boolean {
  const left = utf8(a)
  const right = utf8(b)
  return left.byteLength === right.byteLength && timingSafeEqual(left, right)
}

/** The bearer token of an Authorization header. */
export function bearerOf(header: string | undefined): string | undefined {
  return /^Bearer ([A-Za-z0-9._~+/-]{16,512}=*)$/.exec(header ?? '')?.[1]
}

/** Headers of every answer. The page runs its own scripts and styles and nothing else. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
}
