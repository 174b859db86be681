import { utf8 } from '../../../kernel/bytes.ts'
import { compareText } from '../../../package/digits.ts'
import type { Component, Sbom } from '../../model.ts'
import { contentUuid } from '../content-id.ts'
import { outgoing } from '../outgoing.ts'
import { componentOf, hashesOf } from './write-component.ts'
import { organizationOf } from './write-party.ts'
import { DEFAULT_CYCLONEDX, since } from './versions.ts'
import type { CycloneDxVersion } from './versions.ts'

/**
 * An SBOM as CycloneDX JSON (ECMA-424; 1.4 to 1.7). The same SBOM gives the same bytes: everything is sorted, the serial number is
 * derived from the content, the time is the SBOM's own. What an older version has no field for stands among the properties.
 */
export function toCycloneDx(sbom: Sbom, version: CycloneDxVersion = DEFAULT_CYCLONEDX): Uint8Array {
  const subjectRef = sbom.subject.purl ?? 'subject'
  const components = sbom.components.toSorted((a, b) => compareText(a.purl, b.purl))
  const body = {
    version: 1,
    metadata: metadataOf(sbom, subjectRef, version),
    components: components.map((component: Component) => componentOf(component, version)),
    dependencies: outgoing(sbom, subjectRef).map(([ref, dependsOn]) => ({ ref, dependsOn })),
    compositions: [{ aggregate: sbom.completeness, dependencies: [subjectRef] }],
  }
  const document = {
    $schema: `http://cyclonedx.org/schema/bom-${version}.schema.json`,
    bomFormat: 'CycloneDX',
    specVersion: version,
    serialNumber: `urn:uuid:${contentUuid(body)}`,
    ...body,
  }
  return utf8(`${JSON.stringify(document, null, 2)}\n`)
}

function metadataOf(sbom: Sbom, subjectRef: string, version: CycloneDxVersion): object {
  const { author, phase, tool } = sbom
  const email = author?.contact?.includes('@') === true ? { email: author.contact } : {}
  const properties = [
    ...(phase === undefined || since(version, '1.5') ? [] : [{ name: 'tally:phase', value: phase }]),
    ...(author === undefined ? [{ name: 'tally:unknown', value: 'author' }] : []),
    ...(author?.contact === undefined || since(version, '1.6') ? [] : [{ name: 'tally:author-contact', value: author.contact }]),
  ]
  return {
    ...(sbom.created === '' ? {} : { timestamp: sbom.created }),
    ...(phase === undefined || !since(version, '1.5') ? {} : { lifecycles: [{ phase }] }),
    tools: since(version, '1.5')
      ? { components: [{ type: 'application', name: tool.name, version: tool.version }] }
      : [{ name: tool.name, version: tool.version }],
    ...(author === undefined ? {} : { authors: [{ name: author.name, ...email }] }),
    component: subjectOf(sbom, subjectRef),
    ...(author === undefined || !since(version, '1.6') ? {} : { manufacturer: organizationOf(author) }),
    ...(properties.length === 0 ? {} : { properties }),
  }
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
