import { overLimit, textOf, toHex } from '../../kernel/bytes.ts'
import { LIMITS } from '../../kernel/limits.ts'
import { safeText } from '../../kernel/text.ts'
import { DER, contextTag, readDer, readDerList } from '../der.ts'
import { malformed, membersOf, readOid, readText, readWhole } from './asn1.ts'
import type { Certificate } from './certificate.ts'
import { EXTENSION } from './usage.ts'

const COMMON_NAME = '550403'
/** Fulcio's form for identities that are neither URI nor mail address (fulcio docs/oid-info.md, 1.3.6.1.4.1.57264.1.7). */
const OTHER_NAME = '1.3.6.1.4.1.57264.1.7'

/**
 * The identities a certificate names (subjectAltName, RFC 5280, 4.2.1.6): mail addresses, URIs, DNS names and Fulcio's own form. Empty
 * without one. Throws `evidence-malformed`, also for names with control characters in them.
 */
export function readIdentities(certificate: Certificate): readonly string[] {
  const value = certificate.extensions.get(EXTENSION.subjectAltName)?.value
  if (value === undefined) return []
  const what = 'a subject name'
  const names = membersOf(readWhole(value, DER.sequence, what), DER.sequence, what)
  if (names.length > LIMITS.certificateNames) throw overLimit('certificateNames', LIMITS.certificateNames)
  return names.flatMap((name) => {
    if ([contextTag(1, false), contextTag(2, false), contextTag(6, false)].includes(name.tag)) return [readText(name.content, what)]
    if (name.tag !== contextTag(0)) return []
    const [oid, wrapped] = readDerList(name.content) ?? []
    if (readOid(oid, what) !== OTHER_NAME) return []
    const [text, ...none] = membersOf(wrapped, contextTag(0), what)
    if (text?.tag !== DER.utf8 || none.length > 0) throw malformed(what)
    return [readText(text.content, what)]
  })
}

/** The common name of a distinguished name, for messages; what cannot be read is said as such. */
export function describeName(name: Uint8Array): string {
  for (const set of readDerList(readDer(name)?.content ?? new Uint8Array(0)) ?? []) {
    for (const pair of readDerList(set.content) ?? []) {
      const [oid, value] = readDerList(pair.content) ?? []
      if (oid !== undefined && value !== undefined && toHex(oid.content) === COMMON_NAME) return safeText(decode(value.content))
    }
  }
  return 'somebody without a common name'
}

function decode(content: Uint8Array): string {
  try {
    return textOf(content.subarray(0, 200))
  } catch {
    return 'a name that cannot be read'
  }
}
