import { TallyError, fail } from '../../kernel/errors.ts'
import type { Json } from '../../kernel/json.ts'
import { parseSbomJson } from '../formats/imported.ts'
import { readSbomJson } from '../formats/read-sbom.ts'
import type { DocumentFacts } from '../formats/read-sbom.ts'
import { checkCycloneDxReferences } from './cyclonedx-references.ts'
import { checkSchema } from './json-schema.ts'
import type { Schema } from './json-schema.ts'
import { MOST_PROBLEMS } from './problem.ts'
import type { Problem } from './problem.ts'
import { checkSpdx2 } from './spdx2-rules.ts'
import { checkSpdx3 } from './spdx3-rules.ts'

export type Validation = { readonly document: DocumentFacts; readonly problems: readonly Problem[] }

/** Versions of CycloneDX there is a schema for. */
const WITH_SCHEMA = /^1\.[4-7]$/

/**
 * Judges an SBOM by the rules of its own format and version, and then looks for references that lead nowhere. `schemasOf` gives the
 * CycloneDX schemas, by file name. Throws `evidence-malformed` for what is no SBOM at all, `version-unsupported`.
 */
export function validateSbom(bytes: Uint8Array, where: string, schemas: ReadonlyMap<string, Schema>): Validation {
  const json = parseSbomJson(bytes, where)
  const document = documentOf(json, where)
  const problems = document.format === 'CycloneDX' ? judgeCycloneDx(json, document, where, schemas) : judgeSpdx(json, document)
  return { document, problems: problems.slice(0, MOST_PROBLEMS) }
}

/** What the document is; that its fields are wrong is for the rules to say. */
function documentOf(json: Json, where: string): DocumentFacts {
  try {
    return readSbomJson(json, where).document
  } catch (error) {
    const claimed = error instanceof TallyError && error.code === 'evidence-malformed' ? claimedFormat(json) : undefined
    if (claimed === undefined) throw error
    return claimed
  }
}

function claimedFormat(json: Json): DocumentFacts | undefined {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined
  const { specVersion, spdxVersion, bomFormat } = json as { readonly [key: string]: Json | undefined }
  const unknown = { id: '', revision: '', signed: false, hasVulnerabilities: false }
  if (typeof specVersion === 'string' && bomFormat !== undefined) return { ...unknown, format: 'CycloneDX', version: specVersion }
  if (typeof spdxVersion === 'string') return { ...unknown, format: 'SPDX', version: spdxVersion.replace(/^SPDX-/, '') }
  return '@graph' in json ? { ...unknown, format: 'SPDX', version: '3' } : undefined
}

function judgeCycloneDx(json: Json, { version }: DocumentFacts, where: string, schemas: ReadonlyMap<string, Schema>): Problem[] {
  if (!WITH_SCHEMA.test(version)) {
    throw fail('version-unsupported', `is CycloneDX ${version.slice(0, 20)}; versions 1.4 to 1.7 are judged`, {
      where,
      hint: 'convert it first: tally sbom convert FILE --format cyclonedx-json',
    })
  }
  const problems = checkSchema(json, `bom-${version}.schema.json`, schemas, MOST_PROBLEMS)
  return [...problems.map((problem) => ({ severity: 'error' as const, ...problem })), ...checkCycloneDxReferences(json)]
}

function judgeSpdx(json: Json, { version }: DocumentFacts): Problem[] {
  return version.startsWith('3') ? checkSpdx3(json) : checkSpdx2(json)
}
