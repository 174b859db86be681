import { utf8 } from '../kernel/bytes.ts'
import { isDigest } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import { fail } from '../kernel/errors.ts'
import { LIMITS } from '../kernel/limits.ts'

/** Where an artifact is, as a person writes it. A tag is a name that may move; a digest is the thing. */
export type Reference =
  | { readonly scheme: 'file'; readonly path: string }
  | { readonly scheme: 'oci'; readonly path: string; readonly tag?: string; readonly digest?: Digest }
  | { readonly scheme: 'oci-archive'; readonly path: string; readonly tag?: string; readonly digest?: Digest }
  | { readonly scheme: 'docker-archive'; readonly path: string; readonly tag?: string }
  | { readonly scheme: 'registry'; readonly host: string; readonly repository: string; readonly tag?: string; readonly digest?: Digest }

export type RegistryReference = Extract<Reference, { scheme: 'registry' }>

const PREFIX = /^(file|oci|oci-archive|docker-archive|registry):/
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/
/** A host as a registry has one: it must show that it is one by a dot, a port, or being `localhost`. */
const HOST =
  /^(?:localhost|(?=[^:]*\.)[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?(?=:)|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?$/
const PATH_PART = /^[a-z0-9]+(?:(?:[._]|__|-{1,64})[a-z0-9]+)*$/
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f]/

/** Whether a text can be a tag (distribution-spec 1.1, "Pulling manifests"). */
export function isTag(text: string): boolean {
  return TAG.test(text)
}

/**
 * Reads a reference: `file: oci: oci-archive: docker-archive: registry:` as a prefix, a bare `host/repository[:tag][@digest]`
 * is a registry's, all else is a file. `registry:alpine` is Docker Hub's, as docker has it. Throws `reference-invalid`.
 */
export function parseReference(text: string): Reference {
  if (text === '') throw fail('reference-invalid', 'is empty', { where: 'reference' })
  if (utf8(text).byteLength > LIMITS.referenceBytes) {
    throw fail('reference-invalid', `is longer than referenceBytes (${LIMITS.referenceBytes})`, { where: `${text.slice(0, 60)}…` })
  }
  if (CONTROL.test(text)) throw fail('reference-invalid', 'has a control character in it', { where: text.slice(0, 100) })
  if (/^(?:https?|docker):\/\//i.test(text)) {
    throw fail('reference-invalid', 'is a URL, not a reference', {
      where: text.slice(0, 8),
      hint: 'leave the scheme out: host/repository:tag or host/repository@sha256:…',
    })
  }
  const scheme = PREFIX.exec(text)?.[1]
  const rest = scheme === undefined ? text : text.slice(scheme.length + 1)
  switch (scheme) {
    case 'file':
      return { scheme, path: needPath(rest, text) }
    case 'oci':
    case 'oci-archive': {
      const { name, ...version } = splitVersion(rest, text)
      return { scheme, path: needPath(name, text), ...version }
    }
    case 'docker-archive': {
      const { name, digest, ...version } = splitVersion(rest, text)
      if (digest !== undefined) throw fail('reference-invalid', 'names a digest, and a docker archive has no manifest', { where: text })
      return { scheme, path: needPath(name, text), ...version }
    }
    case 'registry':
      return parseRegistry(rest, text)
    default:
      return looksLikeRegistry(text) ? parseRegistry(text, text) : { scheme: 'file', path: text }
  }
}

/** The text that `parseReference` reads back to the same reference. */
export function formatReference(ref: Reference): string {
  switch (ref.scheme) {
    case 'file': {
      const isPlain = !PREFIX.test(ref.path) && !looksLikeRegistry(ref.path) && !/^(?:https?|docker):\/\//i.test(ref.path)
      return isPlain ? ref.path : `file:${ref.path}`
    }
    case 'docker-archive':
      return `docker-archive:${protectPath(ref)}${versionText(ref)}`
    case 'oci':
    case 'oci-archive':
      return `${ref.scheme}:${protectPath(ref)}${versionText(ref)}`
    case 'registry':
      return `${ref.host}/${ref.repository}${versionText(ref)}`
  }
}

/** Splits `name[:tag][@sha256:…]`. A colon in a folder or port is not a tag's, for a tag holds no slash. Throws on a digest of another form. */
export function splitVersion(text: string, where: string): { readonly name: string; readonly tag?: string; readonly digest?: Digest } {
  const at = text.lastIndexOf('@')
  const after = at === -1 ? '' : text.slice(at + 1)
  const claimsDigest = /^(?:sha[0-9]{1,4}|md5|blake[0-9a-z]{1,8})(?::|$)/i.test(after)
  if (claimsDigest && !isDigest(after)) {
    throw fail('reference-invalid', 'names a digest that is not sha256:<64 lower-case hexadecimal digits>', { where })
  }
  const beforeDigest = claimsDigest ? text.slice(0, at) : text
  const colon = beforeDigest.lastIndexOf(':')
  const tag = colon === -1 ? undefined : beforeDigest.slice(colon + 1)
  const hasTag = tag !== undefined && isTag(tag)
  return {
    name: hasTag ? beforeDigest.slice(0, colon) : beforeDigest,
    ...(hasTag ? { tag } : {}),
    ...(claimsDigest && isDigest(after) ? { digest: after } : {}),
  }
}

/** A name as people write images, without tag and digest: `host:5000/a` of `host:5000/a:1@sha256:…`. Never throws: it may be anybody's text. */
export function withoutVersion(name: string): string {
  return name.replace(/[@:][^/]*$/, '')
}

function looksLikeRegistry(text: string): boolean {
  const slash = text.indexOf('/')
  if (slash <= 0 || /^\.{1,2}$/.test(text.slice(0, slash))) return false
  return HOST.test(text.slice(0, slash).toLowerCase()) || text.slice(0, slash).includes('@')
}

function parseRegistry(text: string, where: string): RegistryReference {
  const slash = text.indexOf('/')
  const first = slash === -1 ? '' : text.slice(0, slash).toLowerCase()
  if (first.includes('@')) {
    // The text may hold a password, so it is not repeated.
    throw fail('reference-invalid', 'holds user information before the host', { where: 'reference', hint: 'use `tally login <registry>`' })
  }
  const hasHost = HOST.test(first)
  const { name, ...version } = splitVersion(hasHost ? text.slice(slash + 1) : text, where)
  const host = !hasHost || first === 'index.docker.io' || first === 'registry-1.docker.io' ? 'docker.io' : first
  const port = /:([0-9]+)$/.exec(host)?.[1]
  if (port !== undefined && (Number(port) === 0 || Number(port) > 65_535))
    throw fail('reference-invalid', `has no such port: ${port}`, { where })
  const repository = host === 'docker.io' && !name.includes('/') ? `library/${name}` : name
  if (repository.length > 255 || !repository.split('/').every((part) => PATH_PART.test(part))) {
    throw fail('reference-invalid', 'has a repository that is not lower-case letters, digits and single separators', {
      where,
      hint: 'if it is a file, write file: before it',
    })
  }
  return { scheme: 'registry', host, repository, ...version }
}

function needPath(path: string, where: string): string {
  if (path === '') throw fail('reference-invalid', 'has no path', { where })
  return path
}

function versionText(ref: { readonly tag?: string; readonly digest?: Digest }): string {
  return `${ref.tag === undefined ? '' : `:${ref.tag}`}${ref.digest === undefined ? '' : `@${ref.digest}`}`
}

/** A path that itself ends like a tag or digest gets a slash, which ends the path there. */
function protectPath(ref: { readonly path: string; readonly tag?: string }): string {
  const colon = ref.path.lastIndexOf(':')
  const endsLikeTag = ref.tag === undefined && colon !== -1 && isTag(ref.path.slice(colon + 1))
  return endsLikeTag ? `${ref.path}/` : ref.path
}
