import { z } from 'zod'
import { fail } from '../../../kernel/errors.ts'
import { EVIDENCE_METHODS } from '../../model.ts'
import type { Component, Edge, Sbom } from '../../model.ts'
import { digestSetFrom } from '../hash-names.ts'
import { identify, parseDocument, settle } from '../imported.ts'
import { SCOPES } from './write.ts'

const text = z.string().max(65_536)
const hash = z.object({ alg: text, content: text })
const licence = z.object({
  expression: text.optional(),
  license: z.object({ id: text.optional(), name: text.optional() }).optional(),
})
const occurrence = z.object({ location: text.optional(), additionalContext: text.optional() })
const componentSchema = z.object({
  type: text,
  'bom-ref': text.optional(),
  name: text,
  version: text.optional(),
  purl: text.optional(),
  scope: text.optional(),
  hashes: z.array(hash).optional(),
  licenses: z.array(licence).optional(),
  evidence: z
    .object({ occurrences: z.array(occurrence).optional().catch(undefined) })
    .optional()
    .catch(undefined),
  properties: z.array(z.object({ name: text, value: text.optional() })).optional(),
  get components() {
    return z.array(componentSchema).optional()
  },
})
type Written = z.infer<typeof componentSchema>

const tool = z.object({ name: text, version: text.optional() })
const documentSchema = z.object({
  bomFormat: z.literal('CycloneDX'),
  specVersion: text,
  metadata: z
    .object({
      timestamp: text.optional(),
      component: componentSchema.optional(),
      tools: z
        .union([z.array(tool), z.object({ components: z.array(tool).optional() }).transform((value) => value.components ?? [])])
        .optional()
        .catch(undefined),
    })
    .optional(),
  components: z.array(componentSchema).optional(),
  dependencies: z.array(z.object({ ref: text, dependsOn: z.array(text).nullish() })).optional(),
  compositions: z.array(z.object({ aggregate: text })).optional(),
})

/**
 * Reads a CycloneDX JSON document of version 1.2 to 1.7, by whichever tool, as claims: what it leaves out is left out.
 * Nested components become components beside their parent, with an edge from it. Throws `evidence-malformed`,
 * `version-unsupported`, `limit-exceeded`.
 */
export function fromCycloneDx(bytes: Uint8Array, where = 'SBOM'): Sbom {
  const document = parseDocument(bytes, where, documentSchema, 'a CycloneDX document')
  if (!/^1\.[2-7]$/.test(document.specVersion)) {
    throw fail('version-unsupported', `is CycloneDX ${document.specVersion.slice(0, 20)}; versions 1.2 to 1.7 are read`, { where })
  }
  const { metadata } = document
  const root = metadata?.component
  const subject = subjectOf(root)
  const refs = new Map<string, string>()
  if (root?.['bom-ref'] !== undefined) refs.set(root['bom-ref'], subject.purl)
  const components: Component[] = []
  const edges: Edge[] = []
  const waiting = [...(document.components ?? []), ...(root?.components ?? [])].map((written) => ({ written, parent: '' }))
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const component = componentOf(next.written)
    components.push(component)
    if (next.written['bom-ref'] !== undefined) refs.set(next.written['bom-ref'], component.purl)
    if (next.parent !== '') edges.push({ from: next.parent, to: component.purl })
    waiting.push(...(next.written.components ?? []).map((written) => ({ written, parent: component.purl })))
  }
  for (const { ref, dependsOn } of document.dependencies ?? []) {
    for (const to of dependsOn ?? []) edges.push({ from: refs.get(ref) ?? '', to: refs.get(to) ?? '' })
  }
  const by = metadata?.tools?.[0]
  return {
    ...settle(subject, components, edges),
    completeness: completenessOf((document.compositions ?? []).map(({ aggregate }) => aggregate)),
    created: metadata?.timestamp ?? '',
    tool: { name: by?.name ?? 'unknown', version: by?.version ?? '' },
  }
}

function subjectOf(root: Written | undefined): Sbom['subject'] & { readonly purl: string } {
  const name = root?.name ?? ''
  return {
    name,
    version: root?.version ?? '',
    purl: identify(root ?? { name: '' }),
    digests: hashesOf(root?.hashes),
  }
}

const TYPES: readonly Component['type'][] = ['library', 'application', 'operating-system', 'framework', 'file']

function componentOf(written: Written): Component {
  const licence = licenceOf(written.licenses ?? [])
  const layer = written.properties?.find(({ name }) => name === 'tally:layer')?.value
  return {
    purl: identify(written),
    name: written.name,
    version: written.version ?? '',
    type: TYPES.find((type) => type === written.type) ?? (written.type === 'container' ? 'application' : 'library'),
    hashes: hashesOf(written.hashes),
    ...(licence === undefined ? {} : { licence }),
    evidence: evidenceOf(written.evidence?.occurrences ?? []),
    scope: written.scope === SCOPES.dev ? 'dev' : written.scope === SCOPES.optional ? 'optional' : 'required',
    ...(layer === undefined ? {} : { layer }),
  }
}

function hashesOf(hashes: Written['hashes']): Component['hashes'] {
  return digestSetFrom(
    (hashes ?? []).map(({ alg, content }) => ({ name: alg, value: content })),
    'cyclonedx',
  )
}

/** Several licences beside each other all apply. */
function licenceOf(licences: readonly z.infer<typeof licence>[]): string | undefined {
  const all = licences.map((one) => one.expression ?? one.license?.id ?? one.license?.name).filter((one) => one !== undefined && one !== '')
  return all.length > 1 ? all.map((one) => `(${one})`).join(' AND ') : all[0]
}

/** Occurrences as we write them; those of other tools say where, and not how. */
function evidenceOf(occurrences: readonly z.infer<typeof occurrence>[]): Component['evidence'] {
  return occurrences.flatMap(({ location, additionalContext }) => {
    const [cataloger = '', how] = (additionalContext ?? '').split(' ')
    const method = EVIDENCE_METHODS.find((each) => each === how)
    return location === undefined || method === undefined ? [] : [{ cataloger, file: location, method, confidence: 1 }]
  })
}

/** Complete only when something is said, and all of it says complete. */
function completenessOf(aggregates: readonly string[]): Sbom['completeness'] {
  if (aggregates.length > 0 && aggregates.every((aggregate) => aggregate === 'complete')) return 'complete'
  return aggregates.some((aggregate) => aggregate.startsWith('incomplete')) ? 'incomplete' : 'unknown'
}
