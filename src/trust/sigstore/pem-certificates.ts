import { fromBase64, overLimit } from '../../kernel/bytes.ts'
import { LIMITS } from '../../kernel/limits.ts'

const BLOCK = /-----BEGIN CERTIFICATE-----\s([A-Za-z0-9+/=\s]{1,131072}?)-----END CERTIFICATE-----/g

/** DER of every certificate of a PEM text. Throws `limit-exceeded` for more than LIMITS.certificatesPerChain. */
export function readPemCertificates(pem: string, where: string): readonly Uint8Array[] {
  const blocks = [...pem.matchAll(BLOCK)]
  if (blocks.length > LIMITS.certificatesPerChain) throw overLimit('certificatesPerChain', LIMITS.certificatesPerChain, where)
  return blocks.map((block) => fromBase64((block[1] ?? '').replaceAll(/\s/g, ''), 'evidence-malformed', where))
}
