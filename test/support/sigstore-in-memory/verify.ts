import { utf8 } from '../../../src/kernel/bytes.ts'
import { digestOf } from '../../../src/kernel/digest.ts'
import { compileMatcher } from '../../../src/kernel/matcher.ts'
import type { Authority, Instance, KeyAuthority, Trust } from '../../../src/trust/authority.ts'
import { publicKeyOf } from '../../../src/trust/keys.ts'
import { parseTrustedRoot } from '../../../src/trust/sigstore/trusted-root.ts'
import type { TrustedRoot } from '../../../src/trust/sigstore/trusted-root.ts'
import { SIGSTORE_NEEDS } from '../../../src/trust/sigstore/witness.ts'
import type { Needs } from '../../../src/trust/sigstore/witness.ts'
import { verifyEvidence } from '../../../src/trust/verify.ts'
import type { Verified } from '../../../src/trust/verify.ts'
import { evidenceOf } from '../signed-evidence.ts'
import type { Pair } from './certificates.ts'
import { IDENTITY, ISSUER, trustedRootJson } from './instance.ts'
import type { BundleJson, RootPlan } from './instance.ts'

export const MESSAGE = utf8('the released file\n')
export const ARTIFACT = { kind: 'file', digest: digestOf(MESSAGE), size: MESSAGE.byteLength, name: 'release.txt' } as const

export function fakeRoot(plan: RootPlan = {}): TrustedRoot {
  return parseTrustedRoot(utf8(JSON.stringify(trustedRootJson(plan))), 'fake root')
}

export function fakeInstance(root: TrustedRoot = fakeRoot(), needs: Partial<Needs> = {}): Instance {
  return { root: () => Promise.resolve(root), needs: { ...SIGSTORE_NEEDS, ...needs } }
}

/** Trust in one exact identity of the instance. */
export function byIdentity(instance = fakeInstance(), identity = IDENTITY, issuer = ISSUER): Trust {
  const authority: Authority = {
    name: 'ci',
    kind: 'identity',
    subject: compileMatcher(identity),
    issuer: compileMatcher(issuer),
    facts: [],
    may: ['any'],
    instance,
  }
  return { authorities: [authority], logKeys: [] }
}

/** Trust in one key, with the instance's witnesses. */
export function byKey(pair: Pair, instance = fakeInstance(), more: Partial<KeyAuthority> = {}): Trust {
  return { authorities: [{ name: 'team', kind: 'key', key: publicKeyOf(pair.publicKey), may: ['any'], instance, ...more }], logKeys: [] }
}

export async function verifyBundleJson(bundle: BundleJson | object, trust: Trust = byIdentity()): Promise<Verified> {
  const content = async function* () {
    yield MESSAGE
  }
  return await verifyEvidence(evidenceOf(utf8(JSON.stringify(bundle))), ARTIFACT, trust, { content })
}

/** Why a bundle is refused; `accepted` when it is not. */
export async function whyRefused(bundle: BundleJson | object, trust?: Trust): Promise<string> {
  const result = await verifyBundleJson(bundle, trust)
  return result.ok ? 'accepted' : result.rejection.why
}
