import { compareText } from '../../../package/digits.ts'
import { readLicence } from '../../licence/licence.ts'
import { WITHHOLDABLE } from '../../model.ts'
import type { Component } from '../../model.ts'
import { distributionUri } from '../addresses.ts'
import { namedHashes } from '../hash-names.ts'
import { since } from './versions.ts'
import type { CycloneDxVersion } from './versions.ts'
import { organizationOf } from './write-party.ts'

/** What a scope is called in CycloneDX: what is not there at run time is `excluded`. */
export const SCOPES = { required: 'required', optional: 'optional', dev: 'excluded' } as const

export function componentOf(component: Component, version: CycloneDxVersion): object {
  const { producer, licence, concluded, distributions = [] } = component
  const licences = licence === undefined ? [] : [licenceOf(licence, since(version, '1.6') ? 'declared' : undefined)]
  const properties = propertiesOf(component, version)
  const references = distributions.map((one) => ({ type: 'distribution', url: distributionUri(one), ...hashesOf(one.hashes) }))
  return {
    type: isUnnamedModel(component, version) ? 'file' : component.type,
    'bom-ref': component.purl,
    ...(producer === undefined ? {} : { supplier: organizationOf(producer) }),
    ...(producer === undefined || !since(version, '1.6') ? {} : { manufacturer: organizationOf(producer) }),
    name: component.name,
    ...(component.version === '' ? {} : { version: component.version }),
    scope: SCOPES[component.scope],
    ...hashesOf(component.hashes),
    ...(licences.length === 0 ? {} : { licenses: licences }),
    purl: component.purl,
    ...(references.length === 0 ? {} : { externalReferences: references.toSorted((a, b) => compareText(a.url, b.url)) }),
    ...evidenceOf(component, version, concluded),
    ...(properties.length === 0 ? {} : { properties }),
  }
}

/** Models came with 1.5. */
function isUnnamedModel({ type }: Component, version: CycloneDxVersion): boolean {
  return type === 'machine-learning-model' && !since(version, '1.5')
}

export function hashesOf(hashes: Component['hashes']): object {
  const named = namedHashes(hashes, 'cyclonedx').map(({ name, value }) => ({ alg: name, content: value }))
  return named.length === 0 ? {} : { hashes: named }
}

function licenceOf(text: string, acknowledgement: 'declared' | 'concluded' | undefined): object {
  const licence = readLicence(text)
  const how = acknowledgement === undefined ? {} : { acknowledgement }
  switch (licence.kind) {
    case 'id':
      return { license: { id: licence.id, ...how } }
    case 'expression':
      return { expression: licence.expression, ...how }
    case 'name':
      return { license: { name: licence.name, ...how } }
  }
}

/** A property for each thing the format has no field for; what is not known is said, and what is withheld. */
function propertiesOf(component: Component, version: CycloneDxVersion): { name: string; value: string }[] {
  const { layer, range, withheld = [], concluded, evidence, properties = {} } = component
  const unknown = unknownOf(component)
  return [
    ...(isUnnamedModel(component, version) ? [{ name: 'tally:type', value: component.type }] : []),
    ...(layer === undefined ? [] : [{ name: 'tally:layer', value: layer }]),
    ...(range === undefined ? [] : [{ name: 'tally:range', value: range }]),
    ...(unknown.length === 0 ? [] : [{ name: 'tally:unknown', value: unknown.join(' ') }]),
    ...(withheld.length === 0 ? [] : [{ name: 'tally:withheld', value: withheld.join(' ') }]),
    ...(concluded === undefined ? [] : [{ name: 'tally:licence-from', value: `${concluded.confidence} ${concluded.file}` }]),
    // Before 1.6 there is no place for how something was found.
    ...(since(version, '1.6')
      ? []
      : evidence.map(({ cataloger, method, confidence, file }) => ({
          name: 'tally:evidence',
          value: `${cataloger} ${method} ${confidence} ${file}`,
        }))),
    ...Object.entries(properties)
      .map(([name, value]) => ({ name: name.startsWith('bsi:component:') ? name : `tally:${name}`, value }))
      .toSorted((a, b) => compareText(a.name, b.name)),
  ]
}

/** What minimum elements ask of a component, and nobody here knows. */
export function unknownOf(component: Component): string[] {
  const known: Readonly<Record<string, boolean>> = {
    producer: component.producer !== undefined,
    version: component.version !== '',
    licence: component.licence !== undefined || component.concluded !== undefined,
    hashes:
      Object.keys(component.hashes).length > 0 || (component.distributions ?? []).some(({ hashes }) => Object.keys(hashes).length > 0),
  }
  return Object.keys(known).filter((field) => known[field] === false && !isWithheld(component, field))
}

function isWithheld({ withheld = [] }: Component, field: string): boolean {
  return WITHHOLDABLE.some((one) => one === field && withheld.includes(one))
}

const TECHNIQUES = {
  manifest: 'manifest-analysis',
  lockfile: 'manifest-analysis',
  installed: 'manifest-analysis',
  database: 'manifest-analysis',
  binary: 'binary-analysis',
} as const

function evidenceOf({ purl, evidence }: Component, version: CycloneDxVersion, concluded: Component['concluded']): object {
  const licences = concluded === undefined ? [] : [licenceOf(concluded.licence, since(version, '1.6') ? 'concluded' : undefined)]
  const licenses = licences.length === 0 ? {} : { licenses: licences }
  if (evidence.length === 0 || !since(version, '1.5')) return licences.length === 0 ? {} : { evidence: licenses }
  const identity = {
    field: 'purl',
    confidence: Math.max(...evidence.map(({ confidence }) => confidence)),
    ...(since(version, '1.6') ? { concludedValue: purl } : {}),
    methods: evidence.map(({ confidence, file, method }) => ({ technique: TECHNIQUES[method], confidence, value: file })),
  }
  const occurrences = evidence.map(({ file, cataloger, method, confidence }) => ({
    location: file,
    ...(since(version, '1.6') ? { additionalContext: `${cataloger} ${method}${confidence === 1 ? '' : ` ${confidence}`}` } : {}),
  }))
  return { evidence: { identity: since(version, '1.6') ? [identity] : identity, occurrences, ...licenses } }
}
