import { compareText } from '../package/digits.ts'
import { parsePurl, purlText } from '../package/purl.ts'
import type { Claim } from './catalogers/cataloger.ts'
import type { Component } from './model.ts'
import { fileNameOf } from './path.ts'

/** What an SBOM that lies in the target claims, beside what was found there. */
export type ComparedClaim = { readonly claim: Claim; readonly notFound: readonly string[] }

/** Package URLs of claims that one component names; there may be thousands. */
const MAX_NAMED = 50

/**
 * Compares claims with what was found. A claimed package is found when the same version of it was, whatever else its package URL says. In:
 * every component that was found, also of files that an operating system's package owns.
 */
export function compareClaims(claims: readonly Claim[], found: readonly Component[]): ComparedClaim[] {
  if (claims.length === 0) return []
  const known = new Set(found.map(({ purl }) => keyOf(purl)))
  return claims.map((claim) => ({ claim, notFound: claim.packages.filter((purl) => !known.has(keyOf(purl))) }))
}

/** A claim as the file it is; what it claims stays a property of the file, and becomes no component. */
export function claimComponent({ claim, notFound }: ComparedClaim): Component {
  const { file, layer, sha256, format, id, tool, attested, packages } = claim
  const named = notFound.toSorted(compareText).slice(0, MAX_NAMED)
  const properties = {
    'claim:format': format,
    ...(id === '' ? {} : { 'claim:id': id }),
    ...(tool === '' ? {} : { 'claim:tool': tool }),
    'claim:verified': 'false',
    ...(attested ? { 'claim:attested': 'true' } : {}),
    'claim:packages': String(packages.length),
    'claim:not-found': String(notFound.length),
    ...(named.length === 0 ? {} : { 'claim:not-found-packages': named.join(' ') }),
  }
  return {
    purl: purlText({ type: 'generic', name: fileNameOf(file), qualifiers: { checksum: `sha256:${sha256}` } }),
    name: fileNameOf(file),
    version: '',
    type: 'file',
    hashes: { sha256 },
    evidence: [{ cataloger: 'embedded-sbom', file, method: 'manifest', confidence: 1 }],
    scope: 'required',
    ...(layer === undefined ? {} : { layer }),
    properties,
  }
}

/** What tells one version of a package from all others. Distributions are no part of it: makers write them in many ways. */
function keyOf(purl: string): string {
  const { type, namespace = '', name, version = '' } = parsePurl(purl)
  const isSystem = type === 'deb' || type === 'apk' || type === 'rpm' || type === 'alpm'
  return `${type}/${isSystem ? '' : namespace}/${name}@${version}`.toLowerCase()
}
