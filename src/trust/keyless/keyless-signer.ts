import type { Deps } from '../../kernel/deps.ts'
import { fail } from '../../kernel/errors.ts'
import { generateKey } from '../keys.ts'
import { signerOf } from '../private-key.ts'
import type { ServiceDeps } from '../signers/service-call.ts'
import type { Signer } from '../signer.ts'
import { requestCertificate } from './fulcio.ts'
import type { ShortCertificate } from './fulcio.ts'
import type { IdentityToken } from './identity-token.ts'
import { selectServices } from './signing-config.ts'
import type { SigningConfig } from './signing-config.ts'
import { witnessBy } from './witness-by.ts'

/** A certificate this near its end is renewed: what it signs must still be witnessed within its time. */
const RENEW_MS = 60_000

/** Fulcio's interface is the same in every signing configuration there is. */
const AUTHORITY_VERSIONS = [1]

/**
 * A signer by identity: a new key that lives as long as this object and is never stored, and a certificate that says whose it is, asked
 * for when first needed and again near its end, each time with a token from `token`. Every signature is witnessed. Throws
 * `config-invalid` when the configuration lists no certificate authority, or nobody to witness.
 */
export function openKeylessSigner(
  deps: ServiceDeps & Pick<Deps, 'randomBytes'>,
  config: SigningConfig,
  token: () => Promise<IdentityToken>,
): Signer {
  const [authority] = selectServices(config.authorities, { kind: 'any' }, AUTHORITY_VERSIONS, deps.now(), 'certificate authorities')
  const where = 'the signing configuration'
  if (authority === undefined) throw fail('config-invalid', 'lists no certificate authority', { where })
  const witness = witnessBy(deps, config)
  if (witness === undefined) {
    throw fail('config-invalid', 'lists no timestamp authority: nobody could tell that the certificate was valid when it signed', { where })
  }
  const signer = signerOf(generateKey('ecdsa-p256'), 'a new key')
  let held: ShortCertificate | undefined
  let asked: Promise<ShortCertificate> | undefined
  const ask = async (): Promise<ShortCertificate> => await requestCertificate(deps, authority, signer, await token())
  const certificate = async (): Promise<Uint8Array> => {
    if (held === undefined || held.notAfter - deps.now().valueOf() < RENEW_MS) {
      asked ??= ask().finally(() => (asked = undefined))
      held = await asked
    }
    return held.der
  }
  return { ...signer, voucher: { certificate, witness } }
}
