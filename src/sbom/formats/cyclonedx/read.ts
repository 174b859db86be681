import { z } from 'zod'
import { fail } from '../../../kernel/errors.ts'
import type { Json } from '../../../kernel/json.ts'
import { EVIDENCE_METHODS, WITHHOLDABLE } from '../../model.ts'
import type { Component, Edge, Party, Sbom, Withholdable } from '../../model.ts'
import { digestSetFrom } from '../hash-names.ts'
import { identify, checkDocument, parseSbomJson, settle } from '../imported.ts'
import { contactKind } from '../../party.ts'
import { distributionFrom } from '../addresses.ts'
import { SCOPES } from './write-component.ts'

const text = z.string().max(65_536)
const hash = z.object({ alg: text, content: text })
const licence = z.object({
  expression: text.optional(),
  license: z.object({ id: text.optional(), name: text.optional() }).optional(),
})
const occurrence = z.object({ location: text.optional(), additionalContext: text.optional() })
const party = z
  .object({
    name: text.optional(),
    url: z.array(text).optional().catch(undefined),
    contact: z
      .array(z.object({ email: text.optional() }))
      .optional()
      .catch(undefined),
  })
  .optional()
  .catch(undefined)
const componentSchema = z.object({
  type: text,
  'bom-ref': text.optional(),
  name: text,
  version: text.optional(),
  purl: text.optional(),
  scope: text.optional(),
  hashes: z.array(hash).optional(),
  licenses: z.array(licence).optional(),
  supplier: party,
  manufacturer: party,
  publisher: text.optional().catch(undefined),
  author: text.optional().catch(undefined),
  externalReferences: z
    .array(z.object({ type: text, url: text, hashes: z.array(hash).optional().catch(undefined) }))
    .optional()
    .catch(undefined),
  evidence: z
    .object({
      occurrences: z.array(occurrence).optional().catch(undefined),
      licenses: z.array(licence).optional().catch(undefined),
    })
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
      authors: z
        .array(z.object({ name: text.optional(), email: text.optional() }))
        .optional()
        .catch(undefined),
      manufacturer: party,
      lifecycles: z
        .array(z.object({ phase: text.optional() }))
        .optional()
        .catch(undefined),
      properties: z
        .array(z.object({ name: text, value: text.optional() }))
        .optional()
        .catch(undefined),
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
  return readCycloneDx(parseSbomJson(bytes, where), where)
}

/** The same of what was parsed already. */
export function readCycloneDx(json: Json, where: string): Sbom {
  const document = checkDocument(json, where, documentSchema, 'a CycloneDX document')
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
    ...authorOf(metadata),
    ...phaseOf(metadata),
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

const TYPES: readonly Component['type'][] = ['library', 'application', 'operating-system', 'framework', 'file', 'machine-learning-model']

/** Before 1.5 a model has to be a file, with a property that says more. */
function typeOf(written: string, said: string | undefined): Component['type'] {
  if (written === 'file' && said === 'machine-learning-model') return said
  return TYPES.find((type) => type === written) ?? (written === 'container' ? 'application' : 'library')
}

function componentOf(written: Written): Component {
  const licence = licenceOf(written.licenses ?? [])
  const said = propertiesOf(written)
  const producer = producerOf(written)
  const distributions = (written.externalReferences ?? [])
    .filter(({ type }) => type === 'distribution')
    .map(({ url, hashes }) => distributionFrom(url, hashesOf(hashes)))
  return {
    purl: identify(written),
    name: written.name,
    version: written.version ?? '',
    type: typeOf(written.type, said.type),
    hashes: hashesOf(written.hashes),
    ...(licence === undefined ? {} : { licence }),
    ...concludedOf(written, said),
    ...(producer === undefined ? {} : { producer }),
    ...(said.range === undefined ? {} : { range: said.range }),
    ...(distributions.length === 0 ? {} : { distributions }),
    evidence: said.evidence.length > 0 ? said.evidence : evidenceOf(written.evidence?.occurrences ?? []),
    scope: written.scope === SCOPES.dev ? 'dev' : written.scope === SCOPES.optional ? 'optional' : 'required',
    ...(said.layer === undefined ? {} : { layer: said.layer }),
    ...(said.withheld.length === 0 ? {} : { withheld: said.withheld }),
    ...(Object.keys(said.others).length === 0 ? {} : { properties: said.others }),
  }
}

type Said = {
  readonly type?: string
  readonly layer?: string
  readonly range?: string
  readonly licenceFrom?: string
  readonly withheld: readonly Withholdable[]
  readonly evidence: Component['evidence']
  readonly others: Readonly<Record<string, string>>
}

/** Properties as we write them: `tally:<name>` for our own fields, `tally:<ecosystem>:<name>` for theirs. */
function propertiesOf({ properties = [] }: Written): Said {
  const ours = properties.flatMap(({ name, value = '' }) =>
    name.startsWith('tally:') ? [[name.slice('tally:'.length), value] as const] : [],
  )
  const first = (wanted: string): string | undefined => ours.find(([name]) => name === wanted)?.[1]
  const [type, layer, range, licenceFrom] = [first('type'), first('layer'), first('range'), first('licence-from')]
  const withheld = (first('withheld') ?? '').split(' ')
  return {
    ...(type === undefined ? {} : { type }),
    ...(layer === undefined ? {} : { layer }),
    ...(range === undefined ? {} : { range }),
    ...(licenceFrom === undefined ? {} : { licenceFrom }),
    withheld: WITHHOLDABLE.filter((field) => withheld.includes(field)),
    evidence: ours.filter(([name]) => name === 'evidence').flatMap(([, value]) => evidenceFrom(value)),
    // What the BSI asks for has names of its own.
    others: Object.fromEntries([
      ...ours.filter(([name]) => name.includes(':')),
      ...properties.filter(({ name }) => name.startsWith('bsi:component:')).map(({ name, value = '' }) => [name, value] as const),
    ]),
  }
}

/** `cataloger method confidence file`. */
function evidenceFrom(value: string): Component['evidence'] {
  const [, cataloger = '', how = '', confidence = '', file = ''] = /^(\S+) (\S+) (\S+) (.*)$/s.exec(value) ?? []
  const method = EVIDENCE_METHODS.find((each) => each === how)
  return method === undefined ? [] : [{ cataloger, file, method, confidence: fraction(confidence) }]
}

function fraction(text: string | undefined): number {
  const value = Number(text ?? '1')
  return value >= 0 && value <= 1 ? value : 1
}

function concludedOf(written: Written, { licenceFrom }: Said): Pick<Component, 'concluded'> | object {
  const licence = licenceOf(written.evidence?.licenses ?? [])
  if (licence === undefined) return {}
  const space = (licenceFrom ?? '').indexOf(' ')
  const [confidence, file] = space === -1 ? [undefined, ''] : [licenceFrom?.slice(0, space), licenceFrom?.slice(space + 1) ?? '']
  return { concluded: { licence, confidence: fraction(confidence), file } }
}

/** Who makes a component: its manufacturer, else its supplier, else what older tools wrote as text. */
function producerOf({ manufacturer, supplier, publisher, author }: Written): Party | undefined {
  const entity = manufacturer ?? supplier
  if (entity?.name !== undefined && entity.name !== '') return partyOf(entity.name, entity.url?.[0], entity.contact?.[0]?.email)
  const name = publisher ?? author
  return name === undefined || name === '' ? undefined : { name }
}

function partyOf(name: string, url: string | undefined, email: string | undefined): Party {
  const contact = [url, email].find((one) => one !== undefined && contactKind({ name, contact: one }) !== undefined)
  return { name, ...(contact === undefined ? {} : { contact }) }
}

type Metadata = z.infer<typeof documentSchema>['metadata']

function authorOf(metadata: Metadata): { author?: Party } {
  const entity = metadata?.manufacturer
  if (entity?.name !== undefined) return { author: partyOf(entity.name, entity.url?.[0], entity.contact?.[0]?.email) }
  const first = metadata?.authors?.find(({ name }) => name !== undefined)
  const contact = metadata?.properties?.find(({ name }) => name === 'tally:author-contact')?.value
  return first?.name === undefined ? {} : { author: partyOf(first.name, contact, first.email) }
}

const PHASES = ['pre-build', 'build', 'post-build'] as const

function phaseOf(metadata: Metadata): Pick<Sbom, 'phase'> | object {
  const ours = metadata?.properties?.find(({ name }) => name === 'tally:phase')?.value
  const said = [...(metadata?.lifecycles ?? []).map(({ phase }) => phase), ours]
  const phase = PHASES.find((one) => said.includes(one))
  return phase === undefined ? {} : { phase }
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
    const [cataloger = '', how, confidence] = (additionalContext ?? '').split(' ')
    const method = EVIDENCE_METHODS.find((each) => each === how)
    return location === undefined || method === undefined ? [] : [{ cataloger, file: location, method, confidence: fraction(confidence) }]
  })
}

/** Complete only when something is said, and all of it says complete. */
function completenessOf(aggregates: readonly string[]): Sbom['completeness'] {
  if (aggregates.length > 0 && aggregates.every((aggregate) => aggregate === 'complete')) return 'complete'
  return aggregates.some((aggregate) => aggregate.startsWith('incomplete')) ? 'incomplete' : 'unknown'
}
