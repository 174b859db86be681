import { z } from 'zod'
import type { Json } from '../../kernel/json.ts'
import { MOST_PROBLEMS } from './problem.ts'
import type { Problem } from './problem.ts'

const anyId = z.string().min(1)
const ids = z.union([z.array(anyId), anyId])
const time = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, 'is no time in UTC of the form 2026-01-31T12:00:00Z')
const hash = z.object({ type: z.literal('Hash'), algorithm: z.string().regex(/^[a-zA-Z0-9_]+$/), hashValue: z.string().min(1) })
const COMPLETENESS = ['complete', 'incomplete', 'noAssertion'] as const

/** What an element of each type must have beyond its id and creation info (SPDX 3.0.1, model). Types of other profiles are passed over. */
const TYPES: Readonly<Record<string, z.ZodType>> = {
  CreationInfo: z.object({
    specVersion: z.string().regex(/^3\.0\.\d+$/, 'is no version 3.0.x'),
    created: time,
    createdBy: z.union([z.array(z.unknown()).min(1), anyId]),
  }),
  SpdxDocument: z.object({ rootElement: ids, profileConformance: z.union([z.array(z.string()), z.string()]).optional() }),
  software_Sbom: z.object({ rootElement: ids }),
  software_Package: z.object({
    name: z.string().min(1),
    software_packageUrl: z.string().optional(),
    verifiedUsing: z.array(z.object({ type: z.string() })).optional(),
  }),
  software_File: z.object({ name: z.string().min(1) }),
  Relationship: z.object({
    from: anyId,
    to: z.union([z.array(anyId).min(1), anyId]),
    relationshipType: z.string().regex(/^[a-zA-Z]+$/),
    completeness: z.enum(COMPLETENESS).optional(),
  }),
  LifecycleScopedRelationship: z.object({
    from: anyId,
    to: z.union([z.array(anyId).min(1), anyId]),
    relationshipType: z.string().regex(/^[a-zA-Z]+$/),
  }),
  Annotation: z.object({ annotationType: z.enum(['other', 'review']), subject: anyId }),
  simplelicensing_LicenseExpression: z.object({ simplelicensing_licenseExpression: z.string().min(1) }),
  simplelicensing_SimpleLicensingText: z.object({ simplelicensing_licenseText: z.string().min(1) }),
  Hash: hash,
}

const DOCUMENT = z.object({
  '@context': z.union([z.string(), z.array(z.unknown())]),
  '@graph': z
    .array(
      z.looseObject({
        type: z.string(),
        spdxId: z.string().optional(),
        '@id': z.string().optional(),
        creationInfo: z.unknown().optional(),
      }),
    )
    .min(1),
})

/** The rules of SPDX 3.0 that a document in JSON-LD breaks, and references of it that lead nowhere. */
export function checkSpdx3(json: Json): Problem[] {
  const parsed = DOCUMENT.safeParse(json)
  if (!parsed.success) return parsed.error.issues.map((issue) => problemOf(['$', ...issue.path.map(String)], issue.message))
  const graph = parsed.data['@graph']
  const problems: Problem[] = []
  const seen = new Set<string>()
  for (const [at, element] of graph.entries()) {
    const path = ['$', '@graph', String(at)]
    const name = element.spdxId ?? element['@id']
    if (name === undefined) problems.push(problemOf(path, 'has no spdxId'))
    else if (seen.has(name)) problems.push(problemOf(path, 'has the id of another element'))
    if (name !== undefined) seen.add(name)
    if (element.type !== 'CreationInfo' && element.creationInfo === undefined) problems.push(problemOf(path, 'has no creationInfo'))
    const rules = Object.hasOwn(TYPES, element.type) ? TYPES[element.type] : undefined
    const judged = rules?.safeParse(element)
    if (judged?.success === false)
      problems.push(...judged.error.issues.map((issue) => problemOf([...path, ...issue.path.map(String)], issue.message)))
  }
  for (const type of ['CreationInfo', 'SpdxDocument']) {
    if (!graph.some((element) => element.type === type)) problems.push(problemOf(['$', '@graph'], `has no ${type}`))
  }
  return [...problems, ...danglingReferences(graph, seen)].slice(0, MOST_PROBLEMS)
}

function problemOf(path: readonly string[], message: string): Problem {
  return {
    severity: 'error',
    path: path.join('.').slice(0, 300),
    message: message.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase()),
  }
}

/** A reference may lead to another document, if that is imported; to one that is not it leads nowhere. */
function danglingReferences(graph: readonly { readonly [key: string]: unknown }[], known: ReadonlySet<string>): Problem[] {
  const imported = graph.some((element) => element['import'] !== undefined)
  if (imported) return []
  return graph.flatMap((element, at) => {
    const { from, to, subject, rootElement } = element
    const names = [from, to, subject, rootElement].flat().filter((name) => typeof name === 'string')
    const missing = names.filter(
      (name) => !known.has(name) && !name.startsWith('https://spdx.org/rdf/') && !name.startsWith('https://spdx.org/licenses/'),
    )
    return missing.length === 0
      ? []
      : [
          {
            severity: 'warning' as const,
            path: `$.@graph.${at}`,
            message: `names ${missing.length} element(s) that are not in the document`,
          },
        ]
  })
}
