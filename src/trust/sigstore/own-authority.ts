import { TallyError, fail } from '../../kernel/errors.ts'
import { parseCertificate } from './certificate.ts'
import type { CertificateAuthority } from './chain.ts'

/**
 * Certificate authorities somebody names by certificates in DER: one for each root, all with the same certificates between. The
 * certificates say how long they count. Throws `config-invalid` without a root, or for what is no certificate.
 */
export function ownAuthorities(
  roots: readonly Uint8Array[],
  between: readonly Uint8Array[],
  where: string,
): readonly CertificateAuthority[] {
  if (roots.length === 0) throw fail('config-invalid', 'holds no certificate in PEM', { where })
  try {
    const issuers = between.map(parseCertificate)
    return roots.map((root, at) => ({
      uri: where,
      operator: `${where} ${at}`,
      validFor: { start: -Infinity },
      certificates: [...issuers, parseCertificate(root)],
      issued: new Map(),
    }))
  } catch (error) {
    if (error instanceof TallyError && error.code === 'evidence-malformed')
      throw fail('config-invalid', error.message, { where, cause: error })
    throw error
  }
}
