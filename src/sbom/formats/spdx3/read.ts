import { addToGroup } from '../../../kernel/groups.ts'
import { z } from 'zod'
import { fail } from '../../../kernel/errors.ts'
import type { Json } from '../../../kernel/json.ts'
import { parsePurl } from '../../../package/purl.ts'
import type { Component, Edge, Party, Sbom } from '../../model.ts'
import { contactKind } from '../../party.ts'
import { evidenceFrom, readNotes } from '../component-notes.ts'
import { digestSetFrom } from '../hash-names.ts'
import { identify, checkDocument, parseSbomJson, settle } from '../imported.ts'
import { COMPLETENESS, PHASES, PURPOSES } from './words.ts'

const text = z.string().max(65_536)
const optional = text.optional().catch(undefined)
/** A reference is an id; where the element itself stands in its place, its own id. */
const reference = z.union([
  text,
  z.object({ spdxId: text.optional(), '@id': text.optional() }).transform((one) => one.spdxId ?? one['@id'] ?? ''),
])
const references = z
  .union([z.array(reference), reference.transform((one) => [one])])
  .optional()
  .catch(undefined)
const elementSchema = z.object({
  type: text,
  spdxId: optional,
  '@id': optional,
  name: optional,
  comment: optional,
  created: optional,
  specVersion: optional,
  createdBy: references,
  createdUsing: references,
  rootElement: references,
  from: reference.optional().catch(undefined),
  to: references,
  relationshipType: optional,
  scope: optional,
  subject: reference.optional().catch(undefined),
  statement: optional,
  originatedBy: references,
  suppliedBy: references,
  externalIdentifier: z
    .array(z.object({ externalIdentifierType: optional, identifier: optional }))
    .optional()
    .catch(undefined),
  verifiedUsing: z
    .array(z.object({ algorithm: optional, hashValue: optional }))
    .optional()
    .catch(undefined),
  software_packageVersion: optional,
  software_packageUrl: optional,
  software_primaryPurpose: optional,
  software_downloadLocation: optional,
  software_sourceInfo: optional,
  software_sbomType: z
    .union([z.array(text), text.transform((one) => [one])])
    .optional()
    .catch(undefined),
  simplelicensing_licenseExpression: optional,
  simplelicensing_licenseText: optional,
  simplelicensing_customIdToUri: z
    .array(z.object({ key: optional, value: optional }))
    .optional()
    .catch(undefined),
})
const documentSchema = z.object({ '@context': z.unknown().optional(), '@graph': z.array(elementSchema) })
type Written = z.infer<typeof elementSchema>
type Graph = ReadonlyMap<string, Written>

/** Relationships that say that one part needs or holds another (SPDX 3.0.1, Core, RelationshipType). */
const FORWARD = new Set([
  'dependsOn',
  'contains',
  'hasStaticLink',
  'hasDynamicLink',
  'hasPrerequisite',
  'hasOptionalDependency',
  'hasOptionalComponent',
  'hasProvidedDependency',
])

/**
 * Reads an SPDX 3.0 document in JSON-LD, by whichever tool, as claims. Packages and files become components; elements that only other
 * profiles know are passed over. Throws `evidence-malformed`, `version-unsupported`, `limit-exceeded`.
 */
export function fromSpdx3(bytes: Uint8Array, where = 'SBOM'): Sbom {
  return readSpdx3(parseSbomJson(bytes, where), where)
}

/** The same of what was parsed already. */
export function readSpdx3(json: Json, where: string): Sbom {
  const document = checkDocument(json, where, documentSchema, 'an SPDX 3 document')
  const graph = new Map(document['@graph'].map((element) => [element.spdxId ?? element['@id'] ?? '', element]))
  const created = document['@graph'].find(({ type }) => type === 'CreationInfo')
  const version = created?.specVersion
  if (version === undefined) throw fail('evidence-malformed', 'does not say its version of SPDX', { where })
  if (!/^3\.0(?:\.\d+)?$/.test(version)) {
    throw fail('version-unsupported', `is SPDX ${version.slice(0, 20)}; 3.0 is read here`, { where })
  }
  const parts = new Map([...graph].filter(([, { type }]) => isPart(type)))
  const root = rootOf(graph, parts)
  const purls = new Map([...parts].map(([id, part]) => [id, purlOf(part)]))
  const { edges, scopes } = relationsOf(graph, purls)
  const licences = licencesOf(graph)
  const notes = notesBySubject(graph)
  const components = [...parts]
    .filter(([id]) => id !== root)
    .map(([id, part]) => componentOf(part, purls.get(id) ?? '', graph, licences.get(id) ?? {}, notes.get(id) ?? [], scopes.get(id)))
  const subject = root === undefined ? undefined : parts.get(root)
  const holder = [...graph.values()].find(({ type }) => type === 'SpdxDocument')
  const list = [...graph.values()].find(({ type }) => type === 'software_Sbom')
  const author = partyOf(graph.get(created?.createdBy?.[0] ?? ''))
  const phase = (['pre-build', 'build', 'post-build'] as const).find((one) => list?.software_sbomType?.includes(PHASES[one]) === true)
  return {
    ...settle(
      {
        name: subject?.name ?? holder?.name ?? '',
        version: subject?.software_packageVersion ?? '',
        purl: root === undefined ? identify({ name: holder?.name ?? '' }) : (purls.get(root) ?? ''),
        digests: hashesOf(subject),
      },
      components,
      edges,
    ),
    completeness: completenessOf(list?.comment),
    created: created?.created ?? '',
    ...(author === undefined ? {} : { author }),
    ...(phase === undefined ? {} : { phase }),
    tool: toolOf(graph.get(created?.createdUsing?.[0] ?? '')?.name),
  }
}

function isPart(type: string): boolean {
  return /^(?:software_(?:Package|File)|ai_AIPackage|dataset_DatasetPackage)$/.test(type)
}

/** The one part that the document, through its lists, has at its root; with none or several the document itself is the subject. */
function rootOf(graph: Graph, parts: Graph): string | undefined {
  const lists = [...graph.values()].filter(({ type }) => /^(?:SpdxDocument|software_Sbom|Bom|Bundle)$/.test(type))
  const roots = new Set(lists.flatMap(({ rootElement = [] }) => rootElement).filter((id) => parts.has(id)))
  return roots.size === 1 ? [...roots][0] : undefined
}

function purlOf(part: Written): string {
  const identifier = part.externalIdentifier?.find(({ externalIdentifierType }) => externalIdentifierType === 'packageUrl')?.identifier
  return identify({ purl: part.software_packageUrl ?? identifier, name: part.name ?? '', version: part.software_packageVersion })
}

/** Edges between parts; what is only needed in development or optional is told by the relationship that leads to it. */
function relationsOf(graph: Graph, purls: ReadonlyMap<string, string>): { edges: Edge[]; scopes: Map<string, Component['scope']> } {
  const edges: Edge[] = []
  const scopes = new Map<string, Component['scope']>()
  for (const { relationshipType: type = '', from = '', to = [], scope } of graph.values()) {
    if (!FORWARD.has(type)) continue
    for (const target of to) {
      edges.push({ from: purls.get(from) ?? '', to: purls.get(target) ?? '' })
      const weak = scope === 'development' || scope === 'test' ? 'dev' : type.startsWith('hasOptional') ? 'optional' : 'required'
      const before = scopes.get(target)
      scopes.set(target, before === undefined || before === weak ? weak : 'required')
    }
  }
  return { edges, scopes }
}

type Licences = { readonly declared?: string; readonly concluded?: string }

function licencesOf(graph: Graph): Map<string, Licences> {
  const found = new Map<string, Licences>()
  for (const { relationshipType: type, from = '', to = [] } of graph.values()) {
    const key = type === 'hasDeclaredLicense' ? 'declared' : type === 'hasConcludedLicense' ? 'concluded' : undefined
    const licence = to.map((id) => licenceText(graph.get(id), graph)).find((one) => one !== undefined)
    if (key !== undefined && licence !== undefined) found.set(from, { ...found.get(from), [key]: licence })
  }
  return found
}

function licenceText(element: Written | undefined, graph: Graph): string | undefined {
  const expression = element?.simplelicensing_licenseExpression ?? element?.simplelicensing_licenseText
  if (expression === 'NOASSERTION' || expression === 'NONE') return undefined
  const uri = element?.simplelicensing_customIdToUri?.find(({ key }) => key === expression)?.value
  return (uri === undefined ? undefined : graph.get(uri)?.simplelicensing_licenseText) ?? expression ?? element?.name
}

function notesBySubject(graph: Graph): Map<string, string[]> {
  const notes = new Map<string, string[]>()
  for (const { type, subject = '', statement } of graph.values()) {
    if (type === 'Annotation' && statement !== undefined) addToGroup(notes, subject, statement)
  }
  return notes
}

function componentOf(
  part: Written,
  purl: string,
  graph: Graph,
  { declared, concluded }: Licences,
  notes: readonly string[],
  related: Component['scope'] | undefined,
): Component {
  const { licenceFrom, scope, ...noted } = readNotes(notes)
  const licence = declared ?? (licenceFrom === undefined ? concluded : undefined)
  const producer = partyOf(graph.get(part.originatedBy?.[0] ?? part.suppliedBy?.[0] ?? ''))
  const hashes = hashesOf(part)
  const type = (Object.keys(PURPOSES) as Component['type'][]).find((one) => PURPOSES[one] === part.software_primaryPurpose)
  const address = part.software_downloadLocation
  const isDistribution = address !== undefined && /^https?:/.test(address) && parsePurl(purl).qualifiers['download_url'] !== address
  return {
    purl,
    name: part.name ?? '',
    version: part.software_packageVersion ?? '',
    type: type ?? (part.type === 'software_File' ? 'file' : 'library'),
    hashes,
    ...(licence === undefined ? {} : { licence }),
    ...(concluded !== undefined && licenceFrom !== undefined ? { concluded: { licence: concluded, ...licenceFrom } } : {}),
    ...(producer === undefined ? {} : { producer }),
    ...(isDistribution ? { distributions: [{ url: address, hashes }] } : {}),
    evidence: evidenceFrom(part.software_sourceInfo ?? ''),
    scope: scope ?? related ?? 'required',
    ...noted,
  }
}

function hashesOf(part: Written | undefined): Component['hashes'] {
  const named = (part?.verifiedUsing ?? []).flatMap(({ algorithm, hashValue }) =>
    algorithm === undefined || hashValue === undefined ? [] : [{ name: algorithm, value: hashValue }],
  )
  return digestSetFrom(named, 'spdx3')
}

/** A person or organization; a program is nobody. */
function partyOf(agent: Written | undefined): Party | undefined {
  if (agent?.name === undefined || !/^(?:Agent|Organization|Person)$/.test(agent.type)) return undefined
  const { name } = agent
  const contact = agent.externalIdentifier
    ?.map(({ identifier }) => identifier)
    .find((one) => one !== undefined && contactKind({ name, contact: one }) !== undefined)
  return { name, ...(contact === undefined ? {} : { contact }) }
}

function completenessOf(comment: string | undefined): Sbom['completeness'] {
  if (comment === `${COMPLETENESS}complete`) return 'complete'
  return comment === `${COMPLETENESS}incomplete` ? 'incomplete' : 'unknown'
}

/** `name-version`; the version begins after the last hyphen before a digit. */
function toolOf(written: string | undefined): Sbom['tool'] {
  const [, name, version] = /^(.*)-(v?\d[^-]*)$/.exec(written ?? '') ?? []
  return name === undefined || version === undefined ? { name: written ?? 'unknown', version: '' } : { name, version }
}
