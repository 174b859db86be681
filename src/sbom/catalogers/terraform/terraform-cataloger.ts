import { textOf } from '../../../kernel/bytes.ts'
import { purlText } from '../../../package/purl.ts'
import { malformed } from '../../byte-view.ts'
import { fileNameOf } from '../../path.ts'
import type { Cataloger } from '../cataloger.ts'
import type { LockGraph, LockNode } from '../lock-graph.ts'
import { lockfileCataloger } from '../lockfile-cataloger.ts'

/** Terraform's and OpenTofu's locks of providers. */
export const terraformCataloger: Cataloger = lockfileCataloger({
  name: 'terraform',
  only: { names: ['.terraform.lock.hcl'] },
  isLock: (path) => fileNameOf(path) === '.terraform.lock.hcl',
  parse: ({ bytes, path }) => parseLock(bytes, path),
})

/**
 * Reads blocks of `provider "host/namespace/type" { version = "…" … }`, as Terraform writes them: one attribute a line. Hashes there
 * are one for each platform, so none is the provider's. Throws `artifact-malformed` for a block without an address or version.
 */
function parseLock(bytes: Uint8Array, where: string): LockGraph {
  const nodes = new Map<string, LockNode>()
  let address: string | undefined
  let version = ''
  for (const [at, line] of textOf(bytes, 'artifact-malformed', where).split(/\r?\n/).entries()) {
    const text = line.trim()
    const refuse = (why: string): Error => malformed(`${where}:${at + 1}`, why)
    if (text.startsWith('provider ')) {
      const opened = /^provider\s+"([^"\s]{1,300})"\s*\{$/.exec(text)?.[1]
      if (opened === undefined || address !== undefined) throw refuse('is no lockfile of Terraform: a block of a provider is broken')
      address = opened
      version = ''
    } else if (address !== undefined && text === '}') {
      if (version === '') throw refuse('is no lockfile of Terraform: a provider has no version')
      nodes.set(address, nodeOf(address, version))
      address = undefined
    } else if (address !== undefined) version = /^version\s*=\s*"([^"\s]{1,200})"$/.exec(text)?.[1] ?? version
  }
  if (address !== undefined) throw malformed(where, 'is no lockfile of Terraform: a block does not end')
  return { nodes, projects: [] }
}

function nodeOf(address: string, version: string): LockNode {
  const segments = address.split('/').filter((segment) => segment !== '')
  const name = segments.pop() ?? 'unnamed'
  return { purl: purlText({ type: 'terraform', namespace: segments.join('/'), name, version }), name: address, version, needs: [] }
}
