import type { z } from 'zod'
import { fail } from '../../kernel/errors.ts'
import { describeIssues } from '../../kernel/shape.ts'
import { PREDICATE } from '../evidence.ts'
import { cyclonedxSchema } from './cyclonedx.ts'
import { npmPublishSchema } from './npm-publish.ts'
import { provenanceSchema } from './provenance.ts'
import { provenanceV01Schema, provenanceV02Schema } from './provenance-v02.ts'
import { releaseSchema } from './release.ts'
import { signatureSchema } from './signature.ts'
import { spdxSchema } from './spdx.ts'
import { testResultSchema } from './test-result.ts'
import { vsaSchema } from './vsa.ts'

/** The predicates whose shape is checked before anybody believes them: one file and one line here for each. */
const SCHEMAS: Readonly<Record<string, z.ZodType>> = {
  [PREDICATE.signature]: signatureSchema,
  [PREDICATE.provenance]: provenanceSchema,
  [PREDICATE.provenanceV02]: provenanceV02Schema,
  [PREDICATE.provenanceV01]: provenanceV01Schema,
  [PREDICATE.cyclonedx]: cyclonedxSchema,
  [PREDICATE.spdx]: spdxSchema,
  [PREDICATE.vsa]: vsaSchema,
  [PREDICATE.testResult]: testResultSchema,
  [PREDICATE.release]: releaseSchema,
  [PREDICATE.npmPublish]: npmPublishSchema,
}

/** Short names for `--type`: cosign 3's ten, by the same meaning, then ours. */
const ALIASES: Readonly<Record<string, string>> = {
  slsaprovenance: PREDICATE.provenanceV02,
  slsaprovenance02: PREDICATE.provenanceV02,
  slsaprovenance1: PREDICATE.provenance,
  link: 'https://in-toto.io/Link/v1',
  spdx: PREDICATE.spdx,
  spdxjson: PREDICATE.spdx,
  cyclonedx: PREDICATE.cyclonedx,
  vuln: 'https://cosign.sigstore.dev/attestation/vuln/v1',
  openvex: 'https://openvex.dev/ns',
  custom: 'https://cosign.sigstore.dev/attestation/v1',
  vsa: PREDICATE.vsa,
  'test-result': PREDICATE.testResult,
  release: PREDICATE.release,
  'npm-publish': PREDICATE.npmPublish,
}

/** The predicate type of an alias or URI as somebody typed it. Throws `usage` for anything else, naming the aliases. */
export function predicateTypeOf(aliasOrUri: string): string {
  const known = Object.hasOwn(ALIASES, aliasOrUri) ? ALIASES[aliasOrUri] : undefined
  if (known !== undefined) return known
  if (/^[A-Za-z][A-Za-z0-9+.-]{0,30}:[^\s]{1,1000}$/.test(aliasOrUri)) return aliasOrUri
  throw fail('usage', 'is neither a URI nor a known predicate type', {
    where: aliasOrUri.slice(0, 100),
    hint: `write a URI, or one of ${Object.keys(ALIASES).join(', ')}`,
  })
}

export type PredicateCheck = { readonly ok: true; readonly known: boolean } | { readonly ok: false; readonly why: string }

/** Whether a predicate has the shape its type promises. A type without a schema is let through as `known: false`: nothing here decides on it. */
export function checkPredicate(predicateType: string, predicate: unknown): PredicateCheck {
  const schema = Object.hasOwn(SCHEMAS, predicateType) ? SCHEMAS[predicateType] : undefined
  if (schema === undefined) return { ok: true, known: false }
  const result = schema.safeParse(predicate)
  return result.success ? { ok: true, known: true } : { ok: false, why: describeIssues(result.error) }
}
