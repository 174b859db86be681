import { resolve } from 'node:path'
import { writeFileAtomic } from '../src/kernel/atomic-file.ts'
import type { Deps } from '../src/kernel/deps.ts'
import { fail } from '../src/kernel/errors.ts'
import { readFileBounded, readFileStream } from '../src/kernel/read-file.ts'
import { checkedBy } from '../src/trust/keyless/check-witnessed.ts'
import { readIdentityToken } from '../src/trust/keyless/identity-token.ts'
import { openKeylessSigner } from '../src/trust/keyless/keyless-signer.ts'
import { parseSigningConfig } from '../src/trust/keyless/signing-config.ts'
import type { SigningConfig } from '../src/trust/keyless/signing-config.ts'
import { signMessage, signStatement } from '../src/trust/sign.ts'
import { readShippedRoot, readShippedSigning } from '../src/trust/sigstore/root-store.ts'
import { parseTrustedRoot } from '../src/trust/sigstore/trusted-root.ts'
import type { TrustedRoot } from '../src/trust/sigstore/trusted-root.ts'
import type { Words } from './words.ts'

/** `sign-bundle`: signs a file, or with --in-toto a statement, by a token, and writes the bundle, which the trusted root must verify. */
export async function signBundle(deps: Deps, { flags, artifact: file }: Words): Promise<void> {
  const [token, out] = [flags.get('identity-token'), flags.get('bundle')]
  if (token === undefined) throw fail('usage', 'is missing', { where: '--identity-token' })
  if (out === undefined) throw fail('usage', 'is missing', { where: '--bundle' })
  const identity = readIdentityToken(token, 'sigstore', deps.now(), '--identity-token')
  const signer = checkedBy(
    openKeylessSigner(deps, await configOf(deps, flags), () => Promise.resolve(identity)),
    await rootOf(deps, flags),
  )
  const { bundle } = flags.has('in-toto')
    ? await signStatement(signer, await readFileBounded(deps, resolve(file), 'bundleBytes'))
    : await signMessage(signer, readFileStream(deps, resolve(file)))
  await writeFileAtomic(deps, resolve(out), bundle)
}

async function configOf(deps: Deps, flags: Words['flags']): Promise<SigningConfig> {
  const file = flags.get('signing-config')
  if (file !== undefined) return parseSigningConfig(await readFileBounded(deps, resolve(file), 'configBytes'), file)
  if (flags.has('staging')) throw fail('usage', 'needs --signing-config: only that of the public instance is known', { where: '--staging' })
  const { bytes, path } = await readShippedSigning(deps)
  return parseSigningConfig(bytes, path)
}

async function rootOf(deps: Deps, flags: Words['flags']): Promise<TrustedRoot> {
  const file = flags.get('trusted-root')
  if (file !== undefined) return parseTrustedRoot(await readFileBounded(deps, resolve(file), 'trustedRootBytes'), file)
  if (flags.has('signing-config')) throw fail('usage', 'is missing: whose services are these?', { where: '--trusted-root' })
  return (await readShippedRoot(deps)).root
}
