import { TallyError } from '../kernel/errors.ts'
import { once } from '../kernel/once.ts'
import { rootOf } from './authority.ts'
import type { KeyAuthority } from './authority.ts'
import type { Opened } from './open-bundle.ts'
import type { ProvenTime, Transparency } from './receipt.ts'
import type { Signed } from './signed.ts'
import type { EntrySubject } from './sigstore/rekor-body.ts'
import type { TrustedRoot } from './sigstore/trusted-root.ts'
import { isWithin, isoTime } from './sigstore/time-range.ts'
import type { Witnessed, Witnesses } from './sigstore/witness.ts'

// Asked for by every signature that has witnesses: an import that is made again is not free.
const witnessing = once(() => import('./sigstore/witness.ts'))
const bodies = once(() => import('./sigstore/rekor-body.ts'))

const NOTHING: Witnessed = { entries: [], timestamps: [], times: [] }

/**
 * What logs and timestamp authorities prove about a signature by a bare key. In: who signed, the evidence, what was signed. Out: what
 * is proven, perhaps nothing, or why the signature does not count: too few witnesses, one that does not hold, or a time at which
 * the key was not trusted.
 */
export async function witnessKey(
  authority: KeyAuthority,
  opened: Opened,
  signed: Signed,
  signature: Uint8Array,
  where: string,
): Promise<Witnessed | { readonly why: string }> {
  const witnessed = await verifyBy(authority, opened.witnesses, signature)
  if ('why' in witnessed) return witnessed
  if (witnessed.entries.length > 0) {
    const der = new Uint8Array(authority.key.key.export({ type: 'spki', format: 'der' }))
    const problem = await checkBodies(opened.witnesses, witnessed, { ...about(signed), signature, verifier: { kind: 'key', der } }, where)
    if (problem !== undefined) return { why: problem }
  }
  const { validFor } = authority
  if (validFor === undefined) return witnessed
  if (witnessed.times.length === 0)
    return { why: `is signed by ${authority.name}, whose key is trusted for a time only, and no time is proven` }
  const bad = witnessed.times.find((time) => !isWithin(validFor, time))
  return bad === undefined ? witnessed : { why: `is signed by ${authority.name} at ${isoTime(bad)}, when this key was not trusted` }
}

async function verifyBy(
  { instance }: KeyAuthority,
  witnesses: Witnesses,
  signature: Uint8Array,
): Promise<Witnessed | { readonly why: string }> {
  if (instance === undefined) return NOTHING
  const { needs } = instance
  const isAsked = needs.logs > 0 || needs.timestamps > 0
  if (!isAsked && witnesses.logEntries.length === 0 && witnesses.timestamps.length === 0) return NOTHING
  let root: TrustedRoot
  try {
    root = await rootOf(instance)
  } catch (error) {
    // Nobody asked for these witnesses: without a root they prove nothing, and take nothing away.
    if (!isAsked && error instanceof TallyError && error.code !== 'bug') return NOTHING
    throw error
  }
  const { verifyWitnesses } = await witnessing()
  return verifyWitnesses(witnesses, signature, root, needs, isAsked)
}

/** What log entries must be about, but for signature and key. */
export function about(signed: Signed): Pick<EntrySubject, 'digest' | 'envelope'> {
  return { digest: signed.digest, ...(signed.envelope === undefined ? {} : { envelope: signed.envelope }) }
}

/** Whether every verified entry is about this very signature, key and content; the first that is not, in words. */
export async function checkBodies(
  witnesses: Witnesses,
  witnessed: Witnessed,
  subject: EntrySubject,
  where: string,
): Promise<string | undefined> {
  if (witnessed.entries.length === 0) return undefined
  const { checkBody } = await bodies()
  const proven = new Set(witnessed.entries.map((one) => one.source))
  for (const entry of witnesses.logEntries) {
    const problem = proven.has(entry) ? checkBody(entry, subject, where) : undefined
    if (problem !== undefined) return `has a log entry that ${problem}`
  }
  return undefined
}

/** Verified entries as a receipt keeps them. */
export function transparencyOf({ entries }: Witnessed): readonly Transparency[] {
  return entries.map(({ log, index, integratedTime, treeSize }) => ({
    log: log.name,
    logId: log.id,
    index,
    ...(integratedTime === undefined ? {} : { integratedTime: isoTime(integratedTime) }),
    ...(treeSize === undefined ? {} : { treeSize }),
  }))
}

/** The earliest proven time, a timestamp authority's before a log's; undefined when none is proven. */
export function provenTimeOf({ timestamps, entries }: Witnessed): ProvenTime | undefined {
  const earliest = (times: readonly number[]): string => isoTime(Math.min(...times))
  const stamped = timestamps.map((one) => one.time)
  if (stamped.length > 0) return { at: earliest(stamped), proof: 'rfc3161' }
  const promised = entries.flatMap((one) => one.integratedTime ?? [])
  return promised.length > 0 ? { at: earliest(promised), proof: 'log' } : undefined
}
