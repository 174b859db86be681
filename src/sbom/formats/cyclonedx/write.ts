import { utf8 } from '../../../kernel/bytes.ts'
import { compareText } from '../../../package/digits.ts'
import { readLicence } from '../../licence/licence.ts'
import type { Component, Sbom } from '../../model.ts'
import { contentUuid } from '../content-id.ts'
import { namedHashes } from '../hash-names.ts'
import { outgoing } from '../outgoing.ts'

/** What a scope is called in CycloneDX: what is not there at run time is `excluded`. */
export const SCOPES = { required: 'required', optional: 'optional', dev: 'excluded' } as const

/**
 * An SBOM as CycloneDX 1.6 JSON (ECMA-424). The same SBOM gives the same bytes: everything is sorted, the serial number
 * is derived from the content, the time is the SBOM's own.
 */
export function toCycloneDx(sbom: Sbom): Uint8Array {
  const subjectRef = sbom.subject.purl ?? 'subject'
  const components = sbom.components.toSorted((a, b) => compareText(a.purl, b.purl))
  const body = {
    version: 1,
    metadata: {
      ...(sbom.created === '' ? {} : { timestamp: sbom.created }),
      tools: { components: [{ type: 'application', name: sbom.tool.name, version: sbom.tool.version }] },
      component: subjectOf(sbom, subjectRef),
    },
    components: components.map(componentOf),
    dependencies: outgoing(sbom, subjectRef).map(([ref, dependsOn]) => ({ ref, dependsOn })),
    compositions: [{ aggregate: sbom.completeness, dependencies: [subjectRef] }],
  }
  const document = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${contentUuid(body)}`,
    ...body,
  }
  return utf8(`${JSON.stringify(document, null, 2)}\n`)
}

function subjectOf({ subject }: Sbom, ref: string): object {
  return {
    type: subject.purl?.startsWith('pkg:oci/') === true ? 'container' : 'application',
    'bom-ref': ref,
    name: subject.name,
    ...(subject.version === '' ? {} : { version: subject.version }),
    ...hashesOf(subject.digests),
    ...(subject.purl === undefined ? {} : { purl: subject.purl }),
  }
}

function componentOf(component: Component): object {
  return {
    type: component.type,
    'bom-ref': component.purl,
    name: component.name,
    ...(component.version === '' ? {} : { version: component.version }),
    scope: SCOPES[component.scope],
    ...hashesOf(component.hashes),
    ...(component.licence === undefined ? {} : { licenses: [licenceOf(component.licence)] }),
    purl: component.purl,
    ...evidenceOf(component),
    ...(component.layer === undefined ? {} : { properties: [{ name: 'tally:layer', value: component.layer }] }),
  }
}

function hashesOf(hashes: Component['hashes']): object {
  const named = namedHashes(hashes, 'cyclonedx').map(({ name, value }) => ({ alg: name, content: value }))
  return named.length === 0 ? {} : { hashes: named }
}

function licenceOf(text: string): object {
  const licence = readLicence(text)
  switch (licence.kind) {
    case 'id':
      return { license: { id: licence.id, acknowledgement: 'declared' } }
    case 'expression':
      return { expression: licence.expression, acknowledgement: 'declared' }
    case 'name':
      return { license: { name: licence.name, acknowledgement: 'declared' } }
  }
}

function evidenceOf({ purl, evidence }: Component): object {
  if (evidence.length === 0) return {}
  const identity = {
    field: 'purl',
    confidence: Math.max(...evidence.map(({ confidence }) => confidence)),
    concludedValue: purl,
    methods: evidence.map(({ confidence, file, method }) => ({
      technique: method === 'binary' ? 'binary-analysis' : 'manifest-analysis',
      confidence,
      value: file,
    })),
  }
  const occurrences = evidence.map(({ file, cataloger, method }) => ({ location: file, additionalContext: `${cataloger} ${method}` }))
  return { evidence: { identity: [identity], occurrences } }
}
