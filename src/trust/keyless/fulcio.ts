import { X509Certificate } from 'node:crypto'
import { z } from 'zod'
import { toBase64, utf8 } from '../../kernel/bytes.ts'
import { fail } from '../../kernel/errors.ts'
import { callService } from '../signers/service-call.ts'
import type { ServiceDeps } from '../signers/service-call.ts'
import type { Signer } from '../signer.ts'
import type { IdentityToken } from './identity-token.ts'
import type { Service } from './signing-config.ts'

const chain = z.object({
  chain: z.object({
    certificates: z
      .array(z.string().max(16 * 1024))
      .min(1)
      .max(16),
  }),
})
const answerSchema = z.union([z.object({ signedCertificateEmbeddedSct: chain }), z.object({ signedCertificateDetachedSct: chain })])

/** A certificate of Fulcio's, for minutes. Times in milliseconds since 1970. */
export type ShortCertificate = { readonly der: Uint8Array; readonly notAfter: number }

/**
 * Asks Fulcio for a certificate (its API v2, CreateSigningCertificate): shows the token, and proves possession of the key by signing the
 * token's subject with it. Out: the leaf. Throws `service-error` for an answer without a certificate, and what `callService` throws.
 */
export async function requestCertificate(
  deps: ServiceDeps,
  authority: Service,
  signer: Signer,
  token: IdentityToken,
): Promise<ShortCertificate> {
  const url = new URL(authority.url)
  url.pathname = `${url.pathname.replace(/\/$/, '')}/api/v2/signingCert`
  const body = {
    credentials: { oidcIdentityToken: token.text },
    publicKeyRequest: {
      publicKey: { algorithm: signer.algorithm === 'ed25519' ? 'ED25519' : 'ECDSA', content: signer.publicKeyPem },
      proofOfPossession: toBase64(await signer.sign(utf8(token.subject))),
    },
  }
  const answer = await callService(deps, { url, body, service: 'the certificate authority', repeatable: true }, answerSchema)
  const { certificates } =
    'signedCertificateEmbeddedSct' in answer ? answer.signedCertificateEmbeddedSct.chain : answer.signedCertificateDetachedSct.chain
  try {
    const leaf = new X509Certificate(certificates[0] ?? '')
    return { der: new Uint8Array(leaf.raw), notAfter: Date.parse(leaf.validTo) }
  } catch (cause) {
    throw fail('service-error', 'gave something that is no certificate', { where: url.host, cause })
  }
}
