import { createHash } from 'node:crypto'
import type { Deps } from '../../kernel/deps.ts'
import { equalBytes } from '../../kernel/bytes.ts'
import { TallyError, fail } from '../../kernel/errors.ts'
import { DER, readDer, readDerList, writeDer, writeDerInteger, writeDerOid } from '../der.ts'
import { parseTimestamp } from '../sigstore/timestamp-token.ts'
import { askService } from '../signers/service-call.ts'
import type { ServiceDeps } from '../signers/service-call.ts'
import type { Service } from './signing-config.ts'

const SHA256 = '2.16.840.1.101.3.4.2.1'

/**
 * Has a signature timestamped (RFC 3161 over HTTP, 3.4). Out: DER of the response, which is about this signature and answers this very
 * question (the nonce). Who signed it is the verifier's question. Throws `service-error`.
 */
export async function requestTimestamp(
  deps: ServiceDeps & Pick<Deps, 'randomBytes'>,
  authority: Service,
  signature: Uint8Array,
): Promise<Uint8Array> {
  const digest = new Uint8Array(createHash('sha256').update(signature).digest())
  // Positive and without a leading zero, so that it comes back as it was sent.
  const nonce = deps.randomBytes(16)
  nonce[0] = ((nonce[0] ?? 0) & 0x3f) | 0x40
  const where = authority.url.host
  const headers = { 'content-type': 'application/timestamp-query' }
  const call = { url: authority.url, body: timestampRequest(digest, nonce), headers, service: 'the timestamp authority', repeatable: true }
  const answer = await askService(deps, call, 'application/timestamp-reply')
  const bytes = await answer.bytes('serviceAnswerBytes')
  try {
    const { imprint } = parseTimestamp(bytes)
    if (imprint.hash !== 'sha256' || !equalBytes(imprint.digest, digest))
      throw fail('service-error', 'timestamped something else', { where })
  } catch (error) {
    if (!(error instanceof TallyError) || error.code !== 'evidence-malformed') throw error
    throw fail('service-error', `gave no timestamp: its answer ${error.message}`, { where, cause: error })
  }
  if (!equalBytes(nonceOf(bytes) ?? new Uint8Array(0), nonce))
    throw fail('service-error', 'answered another question (its nonce is not ours)', { where })
  return bytes
}

/** TimeStampReq (RFC 3161, 2.4.1), asking for the authority's certificate too. */
export function timestampRequest(digest: Uint8Array, nonce: Uint8Array): Uint8Array {
  const algorithm = writeDer(DER.sequence, writeDerOid(SHA256), writeDer(DER.null))
  const imprint = writeDer(DER.sequence, algorithm, writeDer(DER.octets, digest))
  return writeDer(DER.sequence, writeDerInteger(1), imprint, writeDer(DER.integer, nonce), writeDer(DER.boolean, Uint8Array.of(0xff)))
}

/** The nonce of a response that was parsed before: the first integer of TSTInfo after the time. */
function nonceOf(response: Uint8Array): Uint8Array | undefined {
  const list = (content: Uint8Array | undefined) => (content === undefined ? undefined : readDerList(content))
  const token = list(readDer(response)?.content)?.[1]
  const signedData = list(list(list(token?.content)?.[1]?.content)?.[0]?.content)
  const info = list(list(signedData?.[2]?.content)?.[1]?.content)?.[0]
  const members = list(info === undefined ? undefined : readDer(info.content)?.content)
  return members?.slice(5).find((one) => one.tag === DER.integer)?.content
}
