import type { Inspection } from '../../chain/inspect/inspect.ts'
import { nextStep } from '../../chain/inspect/next-step.ts'
import type { Piece } from '../../chain/inspect/pieces.ts'
import { claimableLevel, levelOf } from '../../policy/builders/table.ts'
import { durationText } from '../../policy/duration.ts'
import { PROVENANCE_TYPES, readProvenance } from '../../policy/facts/read-provenance.ts'
import type { ProvenanceFacts } from '../../policy/facts/provenance-facts.ts'
import { readSbom } from '../../policy/facts/read-sbom.ts'
import { readVsa } from '../../policy/facts/read-vsa.ts'
import { PREDICATE } from '../../evidence/evidence.ts'
import type { TimelineEvent } from '../../inventory/timeline.ts'
import { predicateWord } from './verdict.ts'

/** What a piece says that a person asks for first; `level` is proven for what is verified, else what it could claim. */
export type PieceView = {
  readonly envelope: string
  readonly what: string
  readonly predicateType: string
  readonly verified: boolean
  readonly by: string
  readonly isAbout: boolean
  readonly problem?: string
  readonly provenance?: Pick<ProvenanceFacts, 'builder' | 'buildType' | 'source' | 'ref'> & { readonly level: number; readonly why: string }
  readonly sbom?: { readonly format: string; readonly components: number; readonly completeness: string }
  readonly verdict?: { readonly result: string; readonly resource: string; readonly levels: readonly string[] }
}

/** A piece as it is shown and as JSON has it. Claims are marked as claims: nothing here says that they hold. */
export function viewPiece(piece: Piece): PieceView {
  const { statement, signer, envelope, isAbout, problem } = piece
  const predicateType = statement?.predicateType ?? ''
  const base = {
    envelope,
    what: predicateWord(predicateType),
    predicateType,
    verified: signer.kind === 'trusted',
    by: signerText(piece),
    isAbout,
    ...(problem === undefined ? {} : { problem }),
  }
  if (statement === undefined) return base
  if (PROVENANCE_TYPES.includes(predicateType)) {
    const reading = readProvenance(statement)
    if (!reading.ok) return { ...base, problem: reading.why }
    const { builder, buildType, source, ref } = reading.facts
    const level =
      signer.kind === 'trusted'
        ? levelOf(builder, signer.receipt.signer, [])
        : {
            level: claimableLevel(builder) ?? 1,
            why: claimableLevel(builder) === undefined ? 'no known builder' : 'if its signature holds',
          }
    return {
      ...base,
      provenance: { builder, buildType, ...level, ...(source === undefined ? {} : { source }), ...(ref === undefined ? {} : { ref }) },
    }
  }
  if (predicateType === PREDICATE.cyclonedx || predicateType === PREDICATE.spdx) {
    const reading = readSbom({ statement })
    if (!reading.ok) return { ...base, problem: reading.why }
    const { format, sbom } = reading.facts
    return { ...base, sbom: { format, components: sbom.components.length, completeness: sbom.completeness } }
  }
  if (predicateType !== PREDICATE.vsa) return base
  const reading = readVsa(statement.predicate)
  if (!reading.ok) return { ...base, problem: reading.why }
  const { result, resourceUri, levels } = reading.facts
  return { ...base, verdict: { result, resource: resourceUri, levels } }
}

function signerText({ signer }: Piece): string {
  switch (signer.kind) {
    case 'trusted': {
      const { authority, kind, identity } = signer.receipt.signer
      if (kind === 'local') return `${authority} (proves only this machine)`
      return identity === undefined ? authority : `${authority} (${identity.subject}, by ${identity.issuer})`
    }
    case 'identity':
      return `${signer.subject || 'nobody'}, by ${signer.issuer || 'no issuer'}`
    case 'key':
      return signer.keyId === undefined ? 'a key it does not name' : `key ${signer.keyId.slice(0, 16)}…`
  }
}

/** The inspection as data (schema inspection/v1). */
export function inspectionJson(inspection: Inspection, history: readonly TimelineEvent[] | undefined, now: Date): object {
  const { artifact, image, reference, pinned, tags, trusted, baseline, looked, problems } = inspection
  return {
    schema: 'https://tallystick.dev/schemas/inspection/v1',
    reference,
    pinned,
    artifact,
    image: image === undefined ? null : { ...image, runsAs: userText(image.user), age: ageText(image.created, now) ?? null },
    trusted,
    evidence: inspection.pieces.map(viewPiece),
    tags: tags ?? null,
    history: history?.filter((event) => event.kind !== 'evidence' && event.kind !== 'sbom') ?? null,
    baseline,
    next: nextStep(inspection),
    looked,
    problems: problems.map(({ where, error }) => ({ where, code: error.code, message: error.message })),
  }
}

export function userText(user: string): string {
  const name = user.split(':')[0] ?? ''
  return name === '' || name === '0' || name === 'root' ? 'root' : user
}

/** `412 days`; undefined when no time is named. Reproducible images name a time that is no age. */
export function ageText(created: string | undefined, now: Date): string | undefined {
  const at = created === undefined ? Number.NaN : Date.parse(created)
  if (Number.isNaN(at)) return undefined
  if (at <= 86_400_000) return 'unknown: it names the beginning of time, as reproducible images do'
  return at > now.getTime() ? `a time in the future (${created})` : durationText(now.getTime() - at)
}
