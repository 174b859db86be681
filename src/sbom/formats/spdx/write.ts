import { utf8 } from '../../../kernel/bytes.ts'
import { digestOf, hexOf } from '../../../kernel/digest.ts'
import { compareText } from '../../../package/digits.ts'
import { parsePurl } from '../../../package/purl.ts'
import { readLicence } from '../../licence/licence.ts'
import type { Component, Distribution, Party, Sbom } from '../../model.ts'
import { uriOf } from '../addresses.ts'
import { foundText, notesOf } from '../component-notes.ts'
import { contentUuid } from '../content-id.ts'
import { namedHashes } from '../hash-names.ts'
import { outgoing } from '../outgoing.ts'

const NAMESPACE = 'https://tallystick.dev/spdx'
/** SPDX 2 has no field for it, so the document says it in words that fromSpdx reads back. */
export const COMPLETENESS = 'completeness: '
/** SBOM types of CISA as SPDX 2.3.1, annex L, puts them into the creator comment. */
export const PHASES = { 'pre-build': 'Source', build: 'Build', 'post-build': 'Analyzed' } as const

const PURPOSES: Readonly<Record<Component['type'], string>> = {
  library: 'LIBRARY',
  application: 'APPLICATION',
  'operating-system': 'OPERATING-SYSTEM',
  framework: 'FRAMEWORK',
  file: 'FILE',
  'machine-learning-model': 'OTHER',
}

/**
 * An SBOM as SPDX 2.3 JSON (ISO/IEC 5962 and its update). The same SBOM gives the same bytes: sorted, ids derived from package
 * URLs, the namespace from the content. What the SBOM does not know stands as NOASSERTION, a known leaf as NONE.
 */
export function toSpdx(sbom: Sbom): Uint8Array {
  const subjectPurl = sbom.subject.purl ?? 'subject'
  const components = sbom.components.toSorted((a, b) => compareText(a.purl, b.purl))
  const extracted = extractedLicences(components)
  const body = {
    name: nameOf(sbom.subject),
    comment: `${COMPLETENESS}${sbom.completeness}`,
    creationInfo: {
      created: sbom.created,
      creators: [...(sbom.author === undefined ? [] : [organizationOf(sbom.author)]), toolOf(sbom)],
      ...(sbom.phase === undefined ? {} : { comment: PHASES[sbom.phase] }),
    },
    packages: [subjectOf(sbom, subjectPurl), ...components.map((component) => packageOf(component, sbom))],
    relationships: relationshipsOf(sbom, subjectPurl),
    ...(extracted.length === 0 ? {} : { hasExtractedLicensingInfos: extracted }),
  }
  const document = {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    documentNamespace: `${NAMESPACE}/${encodeURIComponent(sbom.subject.name)}-${contentUuid(body)}`,
    ...body,
  }
  return utf8(`${JSON.stringify(document, null, 2)}\n`)
}

function subjectOf({ subject }: Sbom, purl: string): object {
  return {
    SPDXID: idOf(purl),
    name: subject.name,
    ...(subject.version === '' ? {} : { versionInfo: subject.version }),
    ...commonOf(subject.digests, subject.purl),
    licenseDeclared: 'NOASSERTION',
    primaryPackagePurpose: subject.purl?.startsWith('pkg:oci/') === true ? 'CONTAINER' : 'APPLICATION',
  }
}

function packageOf(component: Component, sbom: Sbom): object {
  const found = foundText(component.evidence)
  const notes = notesOf(component).map((comment) => noteOf(comment, sbom))
  const producer = component.producer === undefined ? undefined : organizationOf(component.producer)
  const hashes = Object.keys(component.hashes).length > 0 ? component.hashes : soleDistribution(component)?.hashes
  return {
    SPDXID: idOf(component.purl),
    name: component.name,
    ...(component.version === '' ? {} : { versionInfo: component.version }),
    ...commonOf(hashes ?? {}, component.purl, component.concluded?.licence, soleDistribution(component)?.url),
    ...(producer === undefined ? {} : { supplier: producer, originator: producer }),
    licenseDeclared: component.licence === undefined ? 'NOASSERTION' : licenceOf(component.licence),
    primaryPackagePurpose: PURPOSES[component.type],
    ...(found === undefined ? {} : { sourceInfo: found }),
    ...(notes.length === 0 ? {} : { annotations: notes }),
  }
}

function soleDistribution({ distributions = [] }: Component): Distribution | undefined {
  return distributions.length === 1 ? distributions[0] : undefined
}

function organizationOf(party: Party): string {
  // A name with a bracket in it would be read as one with a contact.
  const name = party.name.replaceAll('(', '[').replaceAll(')', ']')
  return `Organization: ${name}${party.contact === undefined ? '' : ` (${party.contact})`}`
}

function commonOf(hashes: Component['hashes'], purl: string | undefined, concluded?: string, address?: string): object {
  const checksums = namedHashes(hashes, 'spdx').map(({ name, value }) => ({ algorithm: name, checksumValue: value }))
  return {
    downloadLocation: address === undefined ? (purl === undefined ? 'NOASSERTION' : downloadOf(purl)) : uriOf(address),
    filesAnalyzed: false,
    licenseConcluded: concluded === undefined ? 'NOASSERTION' : licenceOf(concluded),
    copyrightText: 'NOASSERTION',
    ...(checksums.length === 0 ? {} : { checksums }),
    ...(purl === undefined
      ? {}
      : { externalRefs: [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl }] }),
  }
}

/** Where a package URL says it came from; registries are not named. */
function downloadOf(purl: string): string {
  const { download_url: download, vcs_url: repository } = parsePurl(purl).qualifiers
  const address = download ?? repository
  return address !== undefined && /^(?:git\+)?(?:https?|ssh|git):\/\/[^\s]+$/.test(address) ? address : 'NOASSERTION'
}

function licenceOf(text: string): string {
  const licence = readLicence(text)
  switch (licence.kind) {
    case 'id':
      return licence.id
    case 'expression':
      return licence.expression
    case 'name':
      return licenceRefOf(licence.name)
  }
}

/** A licence that is not on the SPDX list is carried as its own text (SPDX 2.3, clause 10). */
function extractedLicences(components: readonly Component[]): object[] {
  const names = new Set<string>()
  for (const { licence, concluded } of components) {
    for (const text of [licence, concluded?.licence]) {
      const read = text === undefined ? undefined : readLicence(text)
      if (read?.kind === 'name') names.add(read.name)
    }
  }
  return [...names].toSorted(compareText).map((name) => ({ licenseId: licenceRefOf(name), extractedText: name, name }))
}

function licenceRefOf(name: string): string {
  return `LicenseRef-${hexOf(digestOf(utf8(name))).slice(0, 16)}`
}

function noteOf(comment: string, sbom: Sbom): object {
  return { annotationType: 'OTHER', annotator: toolOf(sbom), annotationDate: sbom.created, comment }
}

function toolOf({ tool }: Sbom): string {
  return tool.version === '' ? `Tool: ${tool.name}` : `Tool: ${tool.name}-${tool.version}`
}

type Relationship = { readonly spdxElementId: string; readonly relationshipType: string; readonly relatedSpdxElement: string }

function relationshipsOf(sbom: Sbom, subjectPurl: string): Relationship[] {
  const relationships: Relationship[] = [
    { spdxElementId: 'SPDXRef-DOCUMENT', relationshipType: 'DESCRIBES', relatedSpdxElement: idOf(subjectPurl) },
  ]
  const ids = new Map([subjectPurl, ...sbom.components.map(({ purl }) => purl)].map((purl) => [purl, idOf(purl)]))
  const leaf = sbom.completeness === 'complete' ? 'NONE' : 'NOASSERTION'
  for (const [from, targets] of outgoing(sbom, subjectPurl)) {
    const spdxElementId = ids.get(from) ?? idOf(from)
    for (const target of targets.length === 0 ? [leaf] : targets.map((purl) => ids.get(purl) ?? leaf)) {
      relationships.push({ spdxElementId, relationshipType: 'DEPENDS_ON', relatedSpdxElement: target })
    }
  }
  return relationships
}

/** An id that is the same for the same package URL: readable, and made unique by its digest. */
function idOf(purl: string): string {
  const readable = purl
    .replace(/^pkg:/, '')
    .replace(/[^A-Za-z0-9.]+/g, '-')
    .slice(0, 60)
  return `SPDXRef-${readable}-${hexOf(digestOf(utf8(purl))).slice(0, 16)}`
}

function nameOf({ name, version }: Sbom['subject']): string {
  return version === '' ? name : `${name}-${version}`
}
