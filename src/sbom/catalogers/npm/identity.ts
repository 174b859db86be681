import { toHex } from '../../../kernel/bytes.ts'
import type { DigestSet } from '../../../kernel/digest.ts'
import { redact, withoutUserInfo } from '../../../kernel/redact.ts'
import { purlText } from '../../../package/purl.ts'
import type { Component } from '../../model.ts'
import type { Place } from './tree.ts'

/**
 * The package URL of a place. What came from a registry carries no qualifier, whichever mirror it was; what did not says where from.
 * A name that anybody wrote wrong still gets one, so that no package hides behind it.
 */
export function purlOf({ name, version, resolved }: Pick<Place, 'name' | 'version' | 'resolved'>): string {
  const segments = name.split('/').filter((segment) => segment !== '')
  const scope = segments[0]?.startsWith('@') === true ? segments.shift() : undefined
  return purlText({
    type: 'npm',
    namespace: scope,
    name: segments.length === 0 ? 'unnamed' : segments.join('/'),
    version,
    qualifiers: sourceOf(resolved),
  })
}

/** Where a package came from when it was no registry: a repository at a commit, or an address. Credentials and queries are left out. */
function sourceOf(resolved: string | undefined): Record<string, string> {
  if (resolved === undefined || /^(?:file|link|workspace):/.test(resolved)) return {}
  if (/^(?:git[+:]|github:|gitlab:|bitbucket:|gist:)/.test(resolved)) {
    const [address = '', commit] = resolved.split('#', 2)
    const clean = withoutUserInfo(address)
    return { vcs_url: commit === undefined || commit === '' ? clean : `${clean}@${commit}` }
  }
  if (!/^https?:/.test(resolved) || isRegistryTarball(resolved)) return {}
  return { download_url: redact(withoutUserInfo(resolved.replace(/[?#].*$/, ''))) }
}

/** The tarball a place was installed from, where its address is known. */
export function distributionsOf({ resolved, integrity }: Pick<Place, 'resolved' | 'integrity'>): Pick<Component, 'distributions'> {
  if (resolved === undefined || !/^https?:/.test(resolved)) return {}
  return { distributions: [{ url: redact(withoutUserInfo(resolved.replace(/[?#].*$/, ''))), hashes: hashesOf(integrity) }] }
}

/** Registries serve tarballs at `<base>/<name>/-/<file>.tgz`. */
function isRegistryTarball(address: string): boolean {
  return /\/-\/[^/]*\.tgz$/.test(address.replace(/[?#].*$/, ''))
}

const LENGTHS: Readonly<Record<string, number>> = { sha1: 20, sha256: 32, sha384: 48, sha512: 64 }

/** The hashes an integrity string claims (W3C Subresource Integrity, §3.5), in hexadecimal. What is none of the known algorithms or of wrong length is left out. */
export function hashesOf(integrity: string | undefined): DigestSet {
  const hashes = new Map<string, string>()
  for (const item of (integrity ?? '').trim().split(/\s+/)) {
    const [, algorithm = '', value = ''] = /^(sha\d{1,3})-([A-Za-z0-9+/]+={0,2})(?:\?.*)?$/.exec(item) ?? []
    const bytes = new Uint8Array(Buffer.from(value, 'base64'))
    if (bytes.byteLength > 0 && bytes.byteLength === LENGTHS[algorithm] && !hashes.has(algorithm)) hashes.set(algorithm, toHex(bytes))
  }
  return Object.fromEntries(hashes)
}
