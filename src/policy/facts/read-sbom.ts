import { z } from 'zod'
import { PREDICATE } from '../../evidence/evidence.ts'
import type { Receipt } from '../../trust/receipt.ts'
import type { DigestSet } from '../../kernel/digest.ts'
import type { Reading } from '../clauses/clause.ts'

/** What a policy asks about an SBOM, the same for CycloneDX and SPDX. */
export type SbomFacts = {
  readonly format: 'cyclonedx' | 'spdx'
  readonly components: readonly SbomComponent[]
  readonly completeness: 'complete' | 'incomplete' | 'unknown'
  /** Digests the SBOM itself gives for what it describes; empty when it gives none. */
  readonly subject: DigestSet
}

export type SbomComponent = {
  /** Files and operating systems declare no licence of their own. */
  readonly isPackage: boolean
  readonly purl: string | undefined
  readonly name: string
  readonly version: string
  readonly licence: string | undefined
}

/** Reads the SBOM of a receipt by its predicate type. */
export function readSbom(receipt: Receipt): Reading<SbomFacts> {
  const { predicateType, predicate } = receipt.statement
  return predicateType === PREDICATE.cyclonedx ? readCycloneDx(predicate) : readSpdx(predicate)
}

const hash = z.object({ alg: z.string(), content: z.string() })
const licence = z.object({
  expression: z.string().optional(),
  license: z.object({ id: z.string().optional(), name: z.string().optional() }).optional(),
})
const component: z.ZodType<CycloneDxComponent> = z.object({
  type: z.string().optional(),
  name: z.string(),
  version: z.string().optional(),
  purl: z.string().optional(),
  licenses: z.array(licence).optional(),
  hashes: z.array(hash).optional(),
  get components() {
    return z.array(component).optional()
  },
})
type CycloneDxComponent = {
  readonly type?: string | undefined
  readonly name: string
  readonly version?: string | undefined
  readonly purl?: string | undefined
  readonly licenses?: readonly z.infer<typeof licence>[] | undefined
  readonly hashes?: readonly z.infer<typeof hash>[] | undefined
  readonly components?: readonly CycloneDxComponent[] | undefined
}
const cycloneDx = z.object({
  bomFormat: z.literal('CycloneDX'),
  metadata: z.object({ component: component.optional() }).optional(),
  components: z.array(component).optional(),
  compositions: z.array(z.object({ aggregate: z.string() })).optional(),
})

function readCycloneDx(predicate: unknown): Reading<SbomFacts> {
  const parsed = cycloneDx.safeParse(predicate)
  if (!parsed.success) return { ok: false, why: `its predicate is no CycloneDX document (${parsed.error.issues[0]?.path.join('.') ?? ''})` }
  const { metadata, components, compositions } = parsed.data
  const flat: SbomComponent[] = []
  const pending = [...(components ?? []), ...(metadata?.component?.components ?? [])]
  // Grows while it is walked: what a component holds comes after what stands beside it.
  for (const next of pending) {
    const declared = next.licenses?.map(licenceText).filter((text) => text !== undefined) ?? []
    flat.push({
      isPackage: next.type !== 'file' && next.type !== 'operating-system',
      name: next.name,
      version: next.version ?? '',
      purl: next.purl,
      licence: declared.length > 1 ? declared.map((text) => `(${text})`).join(' AND ') : declared[0],
    })
    pending.push(...(next.components ?? []))
  }
  const aggregates = (compositions ?? []).map((composition) => composition.aggregate)
  const subject = (metadata?.component?.hashes ?? []).map(
    ({ alg, content }) => [alg.toLowerCase().replace('-', ''), content.toLowerCase()] as const,
  )
  return {
    ok: true,
    facts: { format: 'cyclonedx', components: flat, completeness: completenessOf(aggregates), subject: Object.fromEntries(subject) },
  }
}

/** Complete only when something is said and all of it says complete: one part that is not makes the whole incomplete. */
function completenessOf(aggregates: readonly string[]): SbomFacts['completeness'] {
  if (aggregates.length === 0) return 'unknown'
  if (aggregates.every((aggregate) => aggregate === 'complete')) return 'complete'
  return aggregates.some((aggregate) => aggregate.startsWith('incomplete')) ? 'incomplete' : 'unknown'
}

function licenceText(entry: z.infer<typeof licence>): string | undefined {
  return entry.expression ?? entry.license?.id ?? entry.license?.name
}

const spdxPackage = z.object({
  SPDXID: z.string(),
  name: z.string(),
  primaryPackagePurpose: z.string().optional(),
  versionInfo: z.string().optional(),
  licenseConcluded: z.string().optional(),
  licenseDeclared: z.string().optional(),
  checksums: z.array(z.object({ algorithm: z.string(), checksumValue: z.string() })).optional(),
  externalRefs: z.array(z.object({ referenceType: z.string(), referenceLocator: z.string() })).optional(),
})
const spdx = z.object({
  spdxVersion: z.string().startsWith('SPDX-2.'),
  packages: z.array(spdxPackage).optional(),
  documentDescribes: z.array(z.string()).optional(),
  relationships: z.array(z.object({ spdxElementId: z.string(), relationshipType: z.string(), relatedSpdxElement: z.string() })).optional(),
})

function readSpdx(predicate: unknown): Reading<SbomFacts> {
  const parsed = spdx.safeParse(predicate)
  if (!parsed.success) return { ok: false, why: `its predicate is no SPDX 2 document (${parsed.error.issues[0]?.path.join('.') ?? ''})` }
  const { packages, documentDescribes, relationships } = parsed.data
  const described = new Set(documentDescribes ?? [])
  for (const relation of relationships ?? []) {
    if (relation.spdxElementId === 'SPDXRef-DOCUMENT' && relation.relationshipType === 'DESCRIBES')
      described.add(relation.relatedSpdxElement)
  }
  const roots = (packages ?? []).filter((each) => described.has(each.SPDXID))
  const root = roots.length === 1 ? roots[0] : undefined
  const components = (packages ?? [])
    .filter((each) => each !== root)
    .map((each): SbomComponent => {
      const purl = each.externalRefs?.find((reference) => reference.referenceType === 'purl')?.referenceLocator
      const declared = [each.licenseConcluded, each.licenseDeclared].find((text) => text !== undefined && text !== 'NOASSERTION')
      return {
        isPackage: each.primaryPackagePurpose !== 'FILE' && each.primaryPackagePurpose !== 'OPERATING-SYSTEM',
        name: each.name,
        version: each.versionInfo ?? '',
        purl,
        licence: declared,
      }
    })
  const subject = (root?.checksums ?? []).map((sum) => [sum.algorithm.toLowerCase(), sum.checksumValue.toLowerCase()] as const)
  // SPDX 2 has no field that claims completeness.
  return { ok: true, facts: { format: 'spdx', components, completeness: 'unknown', subject: Object.fromEntries(subject) } }
}
