import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { compileMatcher } from '../../src/kernel/matcher.ts'
import { loadPublicKey } from '../../src/trust/keys.ts'
import type { Trust } from '../../src/trust/authority.ts'
import { parseTrustedRoot } from '../../src/trust/sigstore/trusted-root.ts'
import { SIGSTORE_NEEDS } from '../../src/trust/sigstore/witness.ts'

const IDENTITY =
  'https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main'
const ISSUER = 'https://token.actions.githubusercontent.com'

/** One case of sigstore-conformance's `bundle-verify` (its README says what each file means). */
export type SigstoreCase = {
  readonly name: string
  readonly fails: boolean
  readonly bundle: Uint8Array
  readonly artifact: Uint8Array
  readonly root: Uint8Array
  readonly rootFile: string
  readonly identity: string
  readonly issuer: string
  readonly key?: string
}

/** Every case of a folder. A folder is a case when it holds a bundle. */
export function readSigstoreCases(data: string): readonly SigstoreCase[] {
  const folder = join(data, 'bundle-verify')
  const names = readdirSync(folder).filter((name) => existsSync(join(folder, name, 'bundle.sigstore.json')))
  return names.toSorted().map((name) => {
    const file = (of: string): string => join(folder, name, of)
    const text = (of: string): string | undefined => (existsSync(file(of)) ? readFileSync(file(of), 'utf8').trim() : undefined)
    const key = text('key.pub')
    const rootFile = existsSync(file('trusted_root.json')) ? file('trusted_root.json') : join(data, 'production_trusted_root.json')
    return {
      name,
      fails: name.endsWith('_fail'),
      bundle: new Uint8Array(readFileSync(file('bundle.sigstore.json'))),
      artifact: new Uint8Array(readFileSync(existsSync(file('artifact')) ? file('artifact') : join(folder, 'a.txt'))),
      root: new Uint8Array(readFileSync(rootFile)),
      rootFile,
      identity: text('identity') ?? IDENTITY,
      issuer: text('issuer') ?? ISSUER,
      ...(key === undefined ? {} : { key }),
    }
  })
}

/** Who is trusted in a case: its key, with a log to vouch for it, or its identity. */
export function trustOfCase({ root: bytes, rootFile, identity, issuer, key }: SigstoreCase): Trust {
  const root = parseTrustedRoot(bytes, rootFile)
  const instance = { root: () => Promise.resolve(root), needs: SIGSTORE_NEEDS }
  if (key !== undefined)
    return { authorities: [{ name: 'key', kind: 'key', key: loadPublicKey(key), may: ['any'], instance }], logKeys: [] }
  const [subject, by] = [compileMatcher(identity), compileMatcher(issuer)]
  return { authorities: [{ name: 'identity', kind: 'identity', subject, issuer: by, facts: [], may: ['any'], instance }], logKeys: [] }
}
