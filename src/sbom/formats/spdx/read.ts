import { z } from 'zod'
import { fail } from '../../../kernel/errors.ts'
import type { Json } from '../../../kernel/json.ts'
import { parsePurl } from '../../../package/purl.ts'
import type { Component, Edge, Party, Sbom } from '../../model.ts'
import { digestSetFrom } from '../hash-names.ts'
import { identify, checkDocument, parseSbomJson, settle } from '../imported.ts'
import { partyFrom } from '../../party.ts'
import { evidenceFrom, readNotes } from '../component-notes.ts'
import { COMPLETENESS, PHASES } from './write.ts'

const text = z.string().max(65_536)
const packageSchema = z.object({
  SPDXID: text,
  name: text,
  versionInfo: text.optional(),
  licenseDeclared: text.optional(),
  licenseConcluded: text.optional(),
  primaryPackagePurpose: text.optional(),
  supplier: text.optional(),
  originator: text.optional(),
  sourceInfo: text.optional(),
  downloadLocation: text.optional(),
  checksums: z.array(z.object({ algorithm: text, checksumValue: text })).optional(),
  externalRefs: z.array(z.object({ referenceType: text, referenceLocator: text })).optional(),
  annotations: z.array(z.object({ comment: text.optional() })).optional(),
})
type Written = z.infer<typeof packageSchema>

const documentSchema = z.object({
  spdxVersion: text,
  name: text.optional(),
  comment: text.optional(),
  creationInfo: z.object({ created: text.optional(), creators: z.array(text).optional(), comment: text.optional() }).optional(),
  packages: z.array(packageSchema).optional(),
  documentDescribes: z.array(text).optional(),
  relationships: z.array(z.object({ spdxElementId: text, relationshipType: text, relatedSpdxElement: text })).optional(),
  hasExtractedLicensingInfos: z.array(z.object({ licenseId: text, extractedText: text.optional(), name: text.optional() })).optional(),
})

/** Relationships that say that one part needs or holds another (SPDX 2.3, clause 11.1), and those that say it the other way round. */
const FORWARD = new Set(['DEPENDS_ON', 'CONTAINS', 'HAS_PREREQUISITE', 'STATIC_LINK', 'DYNAMIC_LINK'])
const BACKWARD = new Set([
  'DEPENDENCY_OF',
  'CONTAINED_BY',
  'PREREQUISITE_FOR',
  'RUNTIME_DEPENDENCY_OF',
  'BUILD_DEPENDENCY_OF',
  'DEV_DEPENDENCY_OF',
  'OPTIONAL_DEPENDENCY_OF',
  'PROVIDED_DEPENDENCY_OF',
  'TEST_DEPENDENCY_OF',
])
const SCOPE_OF: Readonly<Record<string, Component['scope']>> = {
  DEV_DEPENDENCY_OF: 'dev',
  TEST_DEPENDENCY_OF: 'dev',
  OPTIONAL_DEPENDENCY_OF: 'optional',
}

/**
 * Reads an SPDX 2.2 or 2.3 JSON document, by whichever tool, as claims. Reversed relationships are turned round. Throws
 * `evidence-malformed`, `version-unsupported` (SPDX 3 is JSON-LD), `limit-exceeded`.
 */
export function fromSpdx(bytes: Uint8Array, where = 'SBOM'): Sbom {
  return readSpdx(parseSbomJson(bytes, where), where)
}

/** The same of what was parsed already. */
export function readSpdx(json: Json, where: string): Sbom {
  const document = checkDocument(json, where, documentSchema, 'an SPDX 2 document')
  if (!/^SPDX-2\.[23]$/.test(document.spdxVersion)) {
    throw fail('version-unsupported', `is ${document.spdxVersion.slice(0, 20)}; SPDX-2.2 and SPDX-2.3 are read`, { where })
  }
  const packages = document.packages ?? []
  const root = rootOf(document, packages)
  const purls = new Map(
    packages.map((written) => [written.SPDXID, identify({ ...written, purl: purlOf(written), version: written.versionInfo })]),
  )
  const scopes = new Map<string, Component['scope']>()
  const edges: Edge[] = []
  for (const { spdxElementId: a, relationshipType: type, relatedSpdxElement: b } of document.relationships ?? []) {
    if (FORWARD.has(type)) edges.push({ from: purls.get(a) ?? '', to: purls.get(b) ?? '' })
    if (BACKWARD.has(type)) edges.push({ from: purls.get(b) ?? '', to: purls.get(a) ?? '' })
    const scope = SCOPE_OF[type]
    if (scope !== undefined) scopes.set(a, scope)
  }
  const texts = new Map((document.hasExtractedLicensingInfos ?? []).map((info) => [info.licenseId, info.name ?? info.extractedText]))
  const components = packages
    .filter((written) => written !== root)
    .map((written) => componentOf(written, purls.get(written.SPDXID) ?? '', scopes.get(written.SPDXID), texts))
  const subject = {
    name: root?.name ?? document.name ?? '',
    version: root?.versionInfo ?? '',
    purl: root === undefined ? identify({ name: document.name ?? '' }) : (purls.get(root.SPDXID) ?? ''),
    digests: hashesOf(root),
  }
  return {
    ...settle(subject, components, edges),
    completeness: completenessOf(document.comment),
    created: document.creationInfo?.created ?? '',
    ...authorOf(document.creationInfo?.creators ?? []),
    ...phaseOf(document.creationInfo?.comment ?? ''),
    tool: toolOf(document.creationInfo?.creators ?? []),
  }
}

/** The one package the document describes; with none or several the document itself is the subject. */
function rootOf(document: z.infer<typeof documentSchema>, packages: readonly Written[]): Written | undefined {
  const described = new Set(document.documentDescribes ?? [])
  for (const { spdxElementId: a, relationshipType: type, relatedSpdxElement: b } of document.relationships ?? []) {
    if (type === 'DESCRIBES' && a === 'SPDXRef-DOCUMENT') described.add(b)
    if (type === 'DESCRIBED_BY' && b === 'SPDXRef-DOCUMENT') described.add(a)
  }
  const roots = packages.filter(({ SPDXID }) => described.has(SPDXID))
  return roots.length === 1 ? roots[0] : undefined
}

function purlOf({ externalRefs }: Written): string | undefined {
  return externalRefs?.find(({ referenceType }) => referenceType === 'purl' || referenceType.endsWith('/purl'))?.referenceLocator
}

const TYPES: Readonly<Record<string, Component['type']>> = {
  APPLICATION: 'application',
  CONTAINER: 'application',
  FRAMEWORK: 'framework',
  FILE: 'file',
  'OPERATING-SYSTEM': 'operating-system',
  OPERATING_SYSTEM: 'operating-system',
}

/** SPDX 2 has no word for models; what the catalogers say of every one of them tells it. */
function typeOf(purpose: string | undefined, properties: Component['properties']): Component['type'] {
  if (purpose === 'OTHER' && properties?.['model:format'] !== undefined) return 'machine-learning-model'
  return TYPES[purpose ?? ''] ?? 'library'
}

function componentOf(
  written: Written,
  purl: string,
  scope: Component['scope'] | undefined,
  texts: ReadonlyMap<string, string | undefined>,
): Component {
  const licence = assertedLicence(written.licenseDeclared, texts)
  const concluded = assertedLicence(written.licenseConcluded, texts)
  const { licenceFrom, scope: said, ...noted } = readNotes((written.annotations ?? []).map(({ comment }) => comment ?? ''))
  const producer = partyOf(written.originator) ?? partyOf(written.supplier)
  const hashes = hashesOf(written)
  return {
    purl,
    name: written.name,
    version: written.versionInfo ?? '',
    type: typeOf(written.primaryPackagePurpose, noted.properties),
    hashes,
    // Who declares nothing may still have concluded something; without a declaration that is the licence there is.
    ...(licence !== undefined ? { licence } : concluded !== undefined && licenceFrom === undefined ? { licence: concluded } : {}),
    ...(concluded !== undefined && licenceFrom !== undefined ? { concluded: { licence: concluded, ...licenceFrom } } : {}),
    ...(producer === undefined ? {} : { producer }),
    ...distributionOf(written, purl, hashes),
    evidence: evidenceFrom(written.sourceInfo ?? ''),
    scope: said ?? scope ?? 'required',
    ...noted,
  }
}

function assertedLicence(said: string | undefined, texts: ReadonlyMap<string, string | undefined>): string | undefined {
  return said === undefined || said === 'NOASSERTION' || said === 'NONE' ? undefined : (texts.get(said) ?? said)
}

/** `Organization: name (contact)`, `Person: name`; an organization is meant where both would do. */
function partyOf(said: string | undefined): Party | undefined {
  const name = said === undefined ? undefined : /^(?:Organization|Person): (.*)$/s.exec(said)?.[1]
  return name === undefined ? undefined : partyFrom(name)
}

/** An address that is not already said by the package URL is that of a distribution. */
function distributionOf(
  { downloadLocation = '' }: Written,
  purl: string,
  hashes: Component['hashes'],
): Pick<Component, 'distributions'> | object {
  const { download_url: download, vcs_url: repository } = parsePurl(purl).qualifiers
  if (!/^https?:/.test(downloadLocation) || downloadLocation === download || downloadLocation === repository) return {}
  return { distributions: [{ url: downloadLocation, hashes }] }
}

function authorOf(creators: readonly string[]): Pick<Sbom, 'author'> | object {
  const author = creators.map(partyOf).find((party) => party !== undefined)
  return author === undefined ? {} : { author }
}

function phaseOf(comment: string): Pick<Sbom, 'phase'> | object {
  const phase = (['pre-build', 'build', 'post-build'] as const).find((one) => comment === PHASES[one])
  return phase === undefined ? {} : { phase }
}

function hashesOf(written: Written | undefined): Component['hashes'] {
  return digestSetFrom(
    (written?.checksums ?? []).map(({ algorithm, checksumValue }) => ({ name: algorithm, value: checksumValue })),
    'spdx',
  )
}

function completenessOf(comment: string | undefined): Sbom['completeness'] {
  if (comment === `${COMPLETENESS}complete`) return 'complete'
  return comment === `${COMPLETENESS}incomplete` ? 'incomplete' : 'unknown'
}

/** `Tool: name-version`; the version begins after the last hyphen before a digit. */
function toolOf(creators: readonly string[]): Sbom['tool'] {
  const tool = creators.find((creator) => creator.startsWith('Tool: '))?.slice('Tool: '.length) ?? 'unknown'
  const [, name, version] = /^(.*)-(v?\d[^-]*)$/.exec(tool) ?? []
  return name === undefined || version === undefined ? { name: tool, version: '' } : { name, version }
}
