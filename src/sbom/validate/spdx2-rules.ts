import { z } from 'zod'
import type { Json } from '../../kernel/json.ts'
import { readLicence } from '../licence/licence.ts'
import { MOST_PROBLEMS } from './problem.ts'
import type { Problem } from './problem.ts'

const id = z.string().regex(/^SPDXRef-[A-Za-z0-9.-]+$/, 'is no SPDX identifier')
const time = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, 'is no time in UTC of the form 2026-01-31T12:00:00Z')
const checksum = z.object({
  algorithm: z.string().min(1),
  checksumValue: z.string().regex(/^[0-9a-f]+$/, 'is no hash in lower-case hexadecimal'),
})
const agent = z.string().regex(/^(?:(?:Person|Organization|Tool): .+|NOASSERTION|anonymous)$/s, 'is not of the form `Organization: name`')
const purpose = z.enum([
  'APPLICATION',
  'FRAMEWORK',
  'LIBRARY',
  'CONTAINER',
  'OPERATING-SYSTEM',
  'OPERATING_SYSTEM',
  'DEVICE',
  'FIRMWARE',
  'SOURCE',
  'ARCHIVE',
  'FILE',
  'INSTALL',
  'OTHER',
])

/** What SPDX 2.3, clauses 6 to 11, ask of a document in JSON. */
const DOCUMENT = z.object({
  spdxVersion: z.string().regex(/^SPDX-2\.[23]$/, 'is no version 2.2 or 2.3'),
  dataLicense: z.literal('CC0-1.0'),
  SPDXID: z.literal('SPDXRef-DOCUMENT'),
  name: z.string().min(1),
  documentNamespace: z.string().regex(/^[a-z][a-z0-9+.-]*:[^#\s]+$/i, 'is no absolute URI without a fragment'),
  creationInfo: z.object({ created: time, creators: z.array(agent).min(1) }),
  packages: z
    .array(
      z.object({
        SPDXID: id,
        name: z.string().min(1),
        downloadLocation: z.string().min(1),
        versionInfo: z.string().optional(),
        supplier: agent.optional(),
        originator: agent.optional(),
        filesAnalyzed: z.boolean().optional(),
        checksums: z.array(checksum).optional(),
        licenseConcluded: z.string().optional(),
        licenseDeclared: z.string().optional(),
        primaryPackagePurpose: purpose.optional(),
        externalRefs: z
          .array(
            z.object({
              referenceCategory: z.string().regex(/^(?:SECURITY|PACKAGE[-_]MANAGER|PERSISTENT[-_]ID|OTHER)$/, 'is no category'),
              referenceType: z.string().min(1),
              referenceLocator: z.string().min(1),
            }),
          )
          .optional(),
      }),
    )
    .optional(),
  files: z.array(z.object({ SPDXID: id, fileName: z.string().min(1), checksums: z.array(checksum).min(1) })).optional(),
  snippets: z.array(z.object({ SPDXID: id })).optional(),
  relationships: z
    .array(
      z.object({
        spdxElementId: z.string(),
        relationshipType: z.string().regex(/^[A-Z_]+$/, 'is no relationship type'),
        relatedSpdxElement: z.string(),
      }),
    )
    .optional(),
  hasExtractedLicensingInfos: z
    .array(z.object({ licenseId: z.string().regex(/^LicenseRef-[A-Za-z0-9.-]+$/, 'is no LicenseRef'), extractedText: z.string() }))
    .optional(),
  documentDescribes: z.array(id).optional(),
})

/** The rules of SPDX 2.2 and 2.3 that a document breaks, and references of it that lead nowhere. */
export function checkSpdx2(json: Json): Problem[] {
  const parsed = DOCUMENT.safeParse(json)
  if (!parsed.success) {
    return parsed.error.issues.slice(0, MOST_PROBLEMS).map(({ path, message }) => ({
      severity: 'error' as const,
      path: ['$', ...path.map(String)].join('.').slice(0, 300),
      message: message.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase()),
    }))
  }
  const {
    packages = [],
    files = [],
    snippets = [],
    relationships = [],
    documentDescribes = [],
    hasExtractedLicensingInfos = [],
  } = parsed.data
  const ids = new Set(['SPDXRef-DOCUMENT', ...[...packages, ...files, ...snippets].map(({ SPDXID }) => SPDXID)])
  const count = 1 + packages.length + files.length + snippets.length
  const known = (name: string): boolean => ids.has(name) || name === 'NONE' || name === 'NOASSERTION' || name.startsWith('DocumentRef-')
  const describes = documentDescribes.length > 0 || relationships.some(({ relationshipType }) => /^DESCRIBE[SD]/.test(relationshipType))
  const texts = new Set(hasExtractedLicensingInfos.map(({ licenseId }) => licenseId))
  const problems: Problem[] = []
  if (ids.size !== count) problems.push({ severity: 'error', path: '$', message: 'uses one SPDXID for two elements' })
  if (!describes && packages.length !== 1)
    problems.push({ severity: 'error', path: '$.relationships', message: 'says of no element that the document DESCRIBES it' })
  for (const [at, { spdxElementId, relatedSpdxElement }] of relationships.entries()) {
    if (!known(spdxElementId) || !known(relatedSpdxElement)) {
      problems.push({ severity: 'error', path: `$.relationships[${at}]`, message: 'names an element that is not in the document' })
    }
  }
  for (const [at, one] of packages.entries()) {
    for (const field of ['licenseDeclared', 'licenseConcluded'] as const) {
      const why = whyNoLicence(one[field], texts)
      if (why !== undefined) problems.push({ severity: 'error', path: `$.packages[${at}].${field}`, message: why })
    }
  }
  return problems
}

function whyNoLicence(text: string | undefined, texts: ReadonlySet<string>): string | undefined {
  if (text === undefined || text === 'NOASSERTION' || text === 'NONE') return undefined
  if (readLicence(text).kind === 'name') return 'is no SPDX licence expression'
  const missing = text.match(/(?<!:)LicenseRef-[A-Za-z0-9.-]+/g)?.find((reference) => !texts.has(reference))
  return missing === undefined ? undefined : 'names a LicenseRef whose text is not in the document'
}
