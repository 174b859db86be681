import { resolve } from 'node:path'
import type { Artifact } from '../src/artifact/artifact.ts'
import { resolveArtifact } from '../src/artifact/resolve.ts'
import { textOf } from '../src/kernel/bytes.ts'
import type { Deps } from '../src/kernel/deps.ts'
import { digestOf, isDigest } from '../src/kernel/digest.ts'
import { fail } from '../src/kernel/errors.ts'
import type { Matcher } from '../src/kernel/matcher.ts'
import { readFileBounded, readFileStream } from '../src/kernel/read-file.ts'
import type { Authority, Instance } from '../src/trust/authority.ts'
import { loadPublicKey } from '../src/trust/keys.ts'
import { readShippedRoot } from '../src/trust/sigstore/root-store.ts'
import { SIGSTORE_NEEDS } from '../src/trust/sigstore/witness.ts'
import { rootAt } from '../src/trust/trust-policy.ts'
import { verifyEvidence } from '../src/trust/verify.ts'
import type { VerifyOptions } from '../src/trust/verify.ts'
import type { Words } from './words.ts'

/** `verify-bundle`: by identity or by key, by file or by digest. Out: undefined for a yes, else why not. Makes no network call. */
export async function verifyBundle(deps: Deps, { flags, artifact: word }: Words): Promise<string | undefined> {
  const file = flags.get('bundle')
  if (file === undefined) throw fail('usage', 'is missing', { where: '--bundle' })
  const authority = await authorityOf(deps, flags)
  const { artifact, ...content } = await openArtifact(deps, word)
  const bytes = await readFileBounded(deps, resolve(file), 'bundleBytes')
  const evidence = { kind: 'unverified', form: 'bundle', bytes, digest: digestOf(bytes), where: file, annotations: {} } as const
  const result = await verifyEvidence(evidence, artifact, { authorities: [authority], logKeys: [] }, { anyPredicate: true, ...content })
  return result.ok ? undefined : result.rejection.why
}

async function authorityOf(deps: Deps, flags: Words['flags']): Promise<Authority> {
  const [identity, issuer, key] = [flags.get('certificate-identity'), flags.get('certificate-oidc-issuer'), flags.get('key')]
  if (key !== undefined && (identity ?? issuer) !== undefined) throw fail('usage', 'and an identity are two questions', { where: '--key' })
  const instance = instanceOf(deps, flags)
  if (key !== undefined) {
    const pem = textOf(await readFileBounded(deps, resolve(key), 'keyFileBytes'), 'key-invalid', key)
    return { name: 'key', kind: 'key', key: loadPublicKey(pem, key), may: ['any'], instance }
  }
  if (identity === undefined || issuer === undefined)
    throw fail('usage', 'and --certificate-oidc-issuer, or --key', { where: '--certificate-identity' })
  const exactly = (text: string): Matcher => ({ text, matches: (value) => value === text })
  return { name: 'identity', kind: 'identity', subject: exactly(identity), issuer: exactly(issuer), facts: [], may: ['any'], instance }
}

function instanceOf(deps: Deps, flags: Words['flags']): Instance {
  const file = flags.get('trusted-root')
  if (file !== undefined) return { root: rootAt(deps, resolve(file)), needs: SIGSTORE_NEEDS }
  if (flags.has('staging'))
    throw fail('usage', 'needs --trusted-root: only the root of the public instance is shipped', { where: '--staging' })
  return { root: async () => (await readShippedRoot(deps)).root, needs: SIGSTORE_NEEDS }
}

/** A digest only when it has the form of one and is no path on disk, as the protocol says. */
async function openArtifact(deps: Deps, word: string): Promise<Pick<VerifyOptions, 'content'> & { readonly artifact: Artifact }> {
  const path = resolve(word)
  const isFile = (await deps.fs.stat(path).catch(() => undefined)) !== undefined
  if (!isFile && isDigest(word)) return { artifact: { kind: 'file', digest: word, size: 0, name: word } }
  const { artifact } = await resolveArtifact(deps, { scheme: 'file', path }, { allowHttp: false, offline: true })
  return { artifact, content: () => readFileStream(deps, path) }
}
