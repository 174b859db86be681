import { createHash } from 'node:crypto'
import { digestOf } from '../../kernel/digest.ts'
import { canonicalBytes } from '../../kernel/json.ts'

/** Names that are derived from documents live under this namespace (a UUID made once, at random). */
const NAMESPACE = Buffer.from('5f0a6a6e1c1b4d0f9a54c2e97be3d1f4', 'hex')

/**
 * A UUID of version 5 (RFC 9562, 5.5) that stands for the content of a document: equal content, equal id. In: the document
 * without its id. Out: 36 characters in lower case.
 */
export function contentUuid(document: unknown): string {
  const bytes = createHash('sha1')
    .update(NAMESPACE)
    .update(digestOf(canonicalBytes(document)))
    .digest()
    .subarray(0, 16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
