import { utf8 } from '../../../kernel/bytes.ts'
import { digestOf, hexOf } from '../../../kernel/digest.ts'
import { compareText } from '../../../package/digits.ts'
import { parsePurl } from '../../../package/purl.ts'
import { readLicence } from '../../licence/licence.ts'
import type { Component, Party, Sbom } from '../../model.ts'
import { contactKind } from '../../party.ts'
import { uriOf } from '../addresses.ts'
import { foundText, notesOf } from '../component-notes.ts'
import { contentUuid } from '../content-id.ts'
import { namedHashes } from '../hash-names.ts'
import { outgoing } from '../outgoing.ts'
import { COMPLETENESS, CONTEXT, INDIVIDUALS, PHASES, PURPOSES } from './words.ts'

const NAMESPACE = 'https://tallystick.dev/spdx'

type Element = { readonly type: string; readonly [key: string]: unknown }

/**
 * An SBOM as SPDX 3.0.1 JSON-LD (profiles core, software, simpleLicensing). The same SBOM gives the same bytes: elements are sorted,
 * their ids derived from what they are about, the namespace from the content. What is not known is a NoAssertion individual.
 */
export function toSpdx3(sbom: Sbom): Uint8Array {
  const base = `${NAMESPACE}/${encodeURIComponent(sbom.subject.name)}-${contentUuid(graphOf(sbom, ''))}`
  return utf8(`${JSON.stringify({ '@context': CONTEXT, '@graph': graphOf(sbom, base) }, null, 2)}\n`)
}

type Writer = {
  readonly id: (kind: string, what: string) => string
  readonly add: (element: Element) => string
  readonly all: () => Element[]
}

/** Collects elements; one that is added again (a licence, a maker) is the same. */
function startWriter(base: string): Writer {
  const elements = new Map<string, Element>()
  return {
    id: (kind, what) => `${base}#${kind}-${hexOf(digestOf(utf8(what))).slice(0, 24)}`,
    add: (element) => {
      const id = String(element['spdxId'])
      elements.set(id, element)
      return id
    },
    all: () => [...elements].toSorted(([a], [b]) => compareText(a, b)).map(([, element]) => element),
  }
}

function graphOf(sbom: Sbom, base: string): Element[] {
  const writer = startWriter(base)
  const { tool, author, phase } = sbom
  const toolName = tool.version === '' ? tool.name : `${tool.name}-${tool.version}`
  const toolId = writer.add({ type: 'Tool', spdxId: writer.id('tool', toolName), creationInfo: '_:created', name: toolName })
  // Somebody must have created it; where nobody says who, it was the software.
  const creator = author === undefined ? addAgent(writer, { name: tool.name }, 'SoftwareAgent') : addAgent(writer, author)
  const subjectPurl = sbom.subject.purl ?? 'subject'
  const subject = writer.add(subjectOf(sbom, writer.id('package', subjectPurl)))
  for (const component of sbom.components) addComponent(writer, component)
  addDependencies(writer, sbom, subjectPurl)
  const elements = writer.all()
  const ids = elements.map((element) => element['spdxId'])
  const list = {
    type: 'software_Sbom',
    spdxId: `${base}#sbom`,
    creationInfo: '_:created',
    ...(phase === undefined ? {} : { software_sbomType: [PHASES[phase]] }),
    rootElement: [subject],
    element: ids,
    comment: `${COMPLETENESS}${sbom.completeness}`,
  }
  return [
    {
      type: 'CreationInfo',
      '@id': '_:created',
      specVersion: '3.0.1',
      created: sbom.created === '' ? '1970-01-01T00:00:00Z' : sbom.created,
      createdBy: [creator],
      createdUsing: [toolId],
    },
    {
      type: 'SpdxDocument',
      spdxId: `${base}#document`,
      creationInfo: '_:created',
      name: sbom.subject.version === '' ? sbom.subject.name : `${sbom.subject.name}-${sbom.subject.version}`,
      profileConformance: ['core', 'simpleLicensing', 'software'],
      rootElement: [list.spdxId],
      element: [list.spdxId, ...ids],
    },
    list,
    ...elements,
  ]
}

function addAgent(writer: Writer, party: Party, type = 'Organization'): string {
  const kind = contactKind(party)
  const identifierType = kind === 'email' ? 'email' : 'urlScheme'
  return writer.add({
    type,
    spdxId: writer.id('agent', `${type} ${party.name} ${party.contact ?? ''}`),
    creationInfo: '_:created',
    name: party.name,
    ...(kind === undefined
      ? {}
      : { externalIdentifier: [{ type: 'ExternalIdentifier', externalIdentifierType: identifierType, identifier: party.contact }] }),
  })
}

function subjectOf({ subject }: Sbom, spdxId: string): Element {
  return {
    type: 'software_Package',
    spdxId,
    creationInfo: '_:created',
    name: subject.name,
    ...(subject.version === '' ? {} : { software_packageVersion: subject.version }),
    ...(subject.purl === undefined ? {} : { software_packageUrl: subject.purl }),
    software_primaryPurpose: subject.purl?.startsWith('pkg:oci/') === true ? 'container' : 'application',
    ...verifiedBy(subject.digests),
  }
}

function addComponent(writer: Writer, component: Component): void {
  const { purl, name, version, producer, evidence, licence, concluded, distributions = [] } = component
  const spdxId = writer.id('package', purl)
  const sole = distributions.length === 1 ? distributions[0] : undefined
  const found = foundText(evidence)
  const address = sole?.url ?? parsePurl(purl).qualifiers['download_url']
  const maker = producer === undefined ? undefined : addAgent(writer, producer)
  writer.add({
    type: 'software_Package',
    spdxId,
    creationInfo: '_:created',
    name,
    ...(version === '' ? {} : { software_packageVersion: version }),
    software_packageUrl: purl,
    software_primaryPurpose: PURPOSES[component.type],
    ...(address === undefined ? {} : { software_downloadLocation: uriOf(address) }),
    ...(found === undefined ? {} : { software_sourceInfo: found }),
    ...(maker === undefined ? {} : { originatedBy: [maker], suppliedBy: maker }),
    ...verifiedBy(Object.keys(component.hashes).length > 0 ? component.hashes : (sole?.hashes ?? {})),
  })
  addRelationship(writer, 'hasDeclaredLicense', spdxId, [licence === undefined ? INDIVIDUALS.noLicence : addLicence(writer, licence)])
  if (concluded !== undefined) addRelationship(writer, 'hasConcludedLicense', spdxId, [addLicence(writer, concluded.licence)])
  for (const note of notesOf(component)) {
    writer.add({
      type: 'Annotation',
      spdxId: writer.id('note', `${purl} ${note}`),
      creationInfo: '_:created',
      annotationType: 'other',
      subject: spdxId,
      statement: note,
    })
  }
}

function verifiedBy(hashes: Component['hashes']): object {
  const named = namedHashes(hashes, 'spdx3').map(({ name, value }) => ({ type: 'Hash', algorithm: name, hashValue: value }))
  return named.length === 0 ? {} : { verifiedUsing: named }
}

/** A licence as an expression; one that is on no list as a reference to its text. */
function addLicence(writer: Writer, text: string): string {
  const licence = readLicence(text)
  const expression = licence.kind === 'id' ? licence.id : licence.kind === 'expression' ? licence.expression : undefined
  if (expression !== undefined) return writer.add(expressionOf(writer, expression))
  const reference = `LicenseRef-${hexOf(digestOf(utf8(text))).slice(0, 16)}`
  const uri = writer.add({
    type: 'simplelicensing_SimpleLicensingText',
    spdxId: writer.id('text', text),
    creationInfo: '_:created',
    simplelicensing_licenseText: text,
  })
  return writer.add({
    ...expressionOf(writer, reference),
    simplelicensing_customIdToUri: [{ type: 'DictionaryEntry', key: reference, value: uri }],
  })
}

function expressionOf(writer: Writer, expression: string): Element {
  return {
    type: 'simplelicensing_LicenseExpression',
    spdxId: writer.id('licence', expression),
    creationInfo: '_:created',
    simplelicensing_licenseExpression: expression,
  }
}

function addRelationship(writer: Writer, relationshipType: string, from: string, to: readonly string[], completeness?: string): void {
  writer.add({
    type: 'Relationship',
    spdxId: writer.id('relationship', `${relationshipType} ${from.slice(from.indexOf('#'))}`),
    creationInfo: '_:created',
    relationshipType,
    from,
    to,
    ...(completeness === undefined ? {} : { completeness }),
  })
}

/** What each part needs, and whether that is all of it. */
function addDependencies(writer: Writer, sbom: Sbom, subjectPurl: string): void {
  const complete = sbom.completeness === 'complete'
  const completeness = complete ? 'complete' : sbom.completeness === 'incomplete' ? 'incomplete' : 'noAssertion'
  const leaf = complete ? INDIVIDUALS.none : INDIVIDUALS.noAssertion
  for (const [from, targets] of outgoing(sbom, subjectPurl)) {
    const to = targets.map((purl) => writer.id('package', purl))
    addRelationship(writer, 'dependsOn', writer.id('package', from), to.length === 0 ? [leaf] : to, completeness)
  }
}
