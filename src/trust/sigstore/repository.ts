import { join } from 'node:path'
import { utf8 } from '../../kernel/bytes.ts'
import { digestOf, hexOf } from '../../kernel/digest.ts'
import type { Digest } from '../../kernel/digest.ts'
import { TallyError, fail } from '../../kernel/errors.ts'
import { isLoopback } from '../../artifact/registry/hosts.ts'
import { readMetadata } from './tuf/metadata.ts'

/** The repository of the public instance. */
export const PUBLIC_MIRROR = 'https://tuf-repo-cdn.sigstore.dev/'

/**
 * A TUF repository that a data directory follows: where it is, and which root of it was given to start from. Without one it is the public
 * repository or a mirror of it, and starts from the root that is shipped.
 */
export type Repository = { readonly mirror: string; readonly root?: Digest }

export const PUBLIC_REPOSITORY: Repository = { mirror: PUBLIC_MIRROR }

/** Where a repository is: https, or plain http on this machine. Out: the address in its one spelling. Throws `usage` or `insecure-transport`. */
export function readMirror(text: string, where: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw fail('usage', 'is not the address of a TUF repository', { where, hint: 'write it as https://HOST/PATH' })
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw fail('usage', 'holds more than a host and a path, which is all a TUF repository is asked by', { where })
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw fail('insecure-transport', 'is not an https address', { where, hint: 'use https' })
  }
  return url.href.endsWith('/') ? url.href : `${url.href}/`
}

/**
 * The root of a repository that somebody trusts for a reason of his own. Throws `config-invalid` for what is no root, or is not signed by
 * enough of its own keys (TUF specification, 5.3.4: what comes next must be signed by them too).
 */
export function readStartRoot(bytes: Uint8Array, where: string): Digest {
  try {
    const read = readMetadata('root', bytes, where)
    read.verify(read.signed, 'root')
    return digestOf(bytes)
  } catch (error) {
    if (!(error instanceof TallyError)) throw error
    throw fail('config-invalid', `is not the root of a TUF repository: it ${error.message}`, { where, cause: error })
  }
}

/** Where what TUF left of a repository is kept: by what it was pinned to, so that no two are ever mixed. */
export function stateFolderOf(folder: string, { mirror, root }: Repository): string {
  if (mirror === PUBLIC_MIRROR && root === undefined) return folder
  return join(folder, 'repositories', hexOf(digestOf(utf8(`${mirror}\n${root ?? 'shipped'}\n`))))
}
