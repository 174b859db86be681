import type { DigestSet } from '../../../kernel/digest.ts'
import { redact, withoutUserInfo } from '../../../kernel/redact.ts'
import { purlText } from '../../../package/purl.ts'
import type { Distribution } from '../../model.ts'
import { normalName } from './requirement.ts'

/** Where a package came from, when it was no index: a repository (at a commit), or an address. */
export type PythonOrigin = { readonly repository: string; readonly commit?: string | undefined } | { readonly address: string }

/** The package URL of a distribution. The name is the compared one, so that `zope.interface` and `zope-interface` are one package. */
export function pythonPurl(name: string, version: string, origin?: PythonOrigin): string {
  const normal = normalName(name).replace(/^-+|-+$/g, '')
  return purlText({
    type: 'pypi',
    name: normal === '' ? 'unnamed' : normal,
    version,
    qualifiers: origin === undefined ? {} : qualifiersOf(origin),
  })
}

function qualifiersOf(origin: PythonOrigin): Record<string, string> {
  if ('address' in origin) {
    const address = cleanAddress(origin.address)
    return address === undefined ? {} : { download_url: address }
  }
  const repository = withoutUserInfo(origin.repository.replace(/[?#].*$/, ''))
  const url = repository.startsWith('git+') ? repository : `git+${repository}`
  return { vcs_url: origin.commit === undefined || origin.commit === '' ? url : `${url}@${origin.commit}` }
}

/** An address without user info, query and fragment. Undefined for what is none (a path, a `file:`). */
export function cleanAddress(address: string): string | undefined {
  return /^https?:/.test(address) ? redact(withoutUserInfo(address.replace(/[?#].*$/, ''))) : undefined
}

/** The origin that `git+https://…@rev#egg=…` or an address name; undefined for a path. */
export function originOf(url: string): PythonOrigin | undefined {
  const vcs = /^(git|hg|svn|bzr)\+/.exec(url)?.[1]
  if (vcs === undefined) return /^https?:/.test(url) ? { address: url } : undefined
  const [body = ''] = url.split('#', 1)
  const at = body.lastIndexOf('@')
  const hasRevision = at > body.indexOf('://') + 3 && at > body.lastIndexOf('/')
  return hasRevision ? { repository: body.slice(0, at), commit: body.slice(at + 1) } : { repository: body }
}

const LENGTHS: Readonly<Record<string, number>> = { md5: 32, sha1: 40, sha256: 64, sha384: 96, sha512: 128 }

/** The digest set of `sha256:<hex>`. Empty for what is no known algorithm or of the wrong length. */
export function hashesOf(hash: string | undefined): DigestSet {
  const [, algorithm = '', value = ''] = /^([a-z0-9]+)[:=]([0-9a-f]+)$/i.exec(hash ?? '') ?? []
  const name = algorithm.toLowerCase()
  return Object.hasOwn(LENGTHS, name) && value.length === LENGTHS[name] ? { [name]: value.toLowerCase() } : {}
}

/** A file of a distribution, if its address or its hash is known. */
export function distributionOf(hashes: DigestSet, url?: string): Distribution[] {
  const address = url === undefined ? undefined : cleanAddress(url)
  if (address === undefined && Object.keys(hashes).length === 0) return []
  return [{ ...(address === undefined ? {} : { url: address }), hashes }]
}

/** The hashes of a package that is distributed as one file only; of several none is the package's own. */
export function soleHashes(distributions: readonly Distribution[]): DigestSet {
  return distributions.length === 1 ? (distributions[0]?.hashes ?? {}) : {}
}
