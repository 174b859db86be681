import type { Component } from '../../model.ts'

export const CONTEXT = 'https://spdx.org/rdf/3.0.1/spdx-context.jsonld'
const TERMS = 'https://spdx.org/rdf/3.0.1/terms'

/** Elements that every document may name without holding them. */
export const INDIVIDUALS = {
  none: `${TERMS}/Core/NoneElement`,
  noAssertion: `${TERMS}/Core/NoAssertionElement`,
  noLicence: `${TERMS}/ExpandedLicensing/NoAssertionLicense`,
} as const

export const PURPOSES: Readonly<Record<Component['type'], string>> = {
  library: 'library',
  application: 'application',
  'operating-system': 'operatingSystem',
  framework: 'framework',
  file: 'file',
  'machine-learning-model': 'model',
}

/** When in its life the subject was looked at, as SbomType names it. */
export const PHASES = { 'pre-build': 'source', build: 'build', 'post-build': 'analyzed' } as const

/** How much of all is listed, in words that the reader takes back. */
export const COMPLETENESS = 'completeness: '
