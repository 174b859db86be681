import { createPublicKey, X509Certificate } from 'node:crypto'
import { fail } from '../kernel/errors.ts'
import type { Signed, Signer, Witnessed } from './signer.ts'

/** Has a signature vouched for, certificate first, since the log keeps it too. Throws `signature-invalid` for a certificate of another key. */
export async function vouchFor(
  signer: Signer,
  signed: Pick<Signed, 'signature' | 'digest'>,
): Promise<Partial<Witnessed> & { readonly certificate?: Uint8Array }> {
  const { voucher } = signer
  if (voucher === undefined) return {}
  const spki = new Uint8Array(createPublicKey(signer.publicKeyPem).export({ type: 'spki', format: 'der' }))
  const certificate = await voucher.certificate?.()
  if (certificate !== undefined && !new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' }).equals(spki)) {
    throw fail('signature-invalid', 'gave a certificate of another key than the one it was asked for', {
      where: 'the certificate authority',
    })
  }
  const verifier = certificate === undefined ? ({ kind: 'key', der: spki } as const) : ({ kind: 'certificate', der: certificate } as const)
  const witnessed = await voucher.witness?.({ ...signed, algorithm: signer.algorithm, hash: signer.hash, verifier })
  return { ...witnessed, ...(certificate === undefined ? {} : { certificate }) }
}
