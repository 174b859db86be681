import { purlText } from '../package/purl.ts'
import type { Component, Sbom } from './model.ts'

/** The package URL of what an SBOM is about; of what has none, one of type `generic`, by its name or by `unnamed`. */
export function subjectPurl({ subject }: Sbom, unnamed = 'unnamed'): string {
  return subject.purl ?? purlText({ type: 'generic', name: subject.name === '' ? unnamed : subject.name, version: subject.version })
}

/** What an SBOM is about, as a part of something larger. */
export function subjectComponent(sbom: Sbom, unnamed?: string): Component {
  const { name, version, digests } = sbom.subject
  return { purl: subjectPurl(sbom, unnamed), name, version, type: 'application', hashes: digests, evidence: [], scope: 'required' }
}
