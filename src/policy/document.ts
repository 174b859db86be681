import { z } from 'zod'
import { digestOf } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import type { Waiver } from '../kernel/waiver.ts'
import { waiverDocument } from '../kernel/waiver-document.ts'
import { parseYaml } from '../kernel/yaml-document.ts'
import { readLicence } from '../sbom/licence/licence.ts'
import { builderDocument } from './builders/builder.ts'
import { CLAUSES, KINDS } from './clause-names.ts'
import { DURATION } from './duration.ts'
import { parseForbiddenPackage } from './forbidden-package.ts'
import { parseLicence } from './licence.ts'

const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$/, 'must be a name of letters, digits and . _ / -')
const words = z.string().min(1).max(500)
const uri = words.regex(/^[a-z][a-z0-9+.-]*:\S+$/i, 'must be a URI, written out in full')
const matcher = words.describe('An exact text, or `pattern:` and a text in which * stands for any run of characters.')

const from = z.array(name).min(1).max(100).describe('Names of authorities of the trust policy. Anyone else does not count.')
const count = z.int().min(1).max(100).default(1).describe('How many distinct authorities, with distinct keys, must have said it.')
const maxAge = z.string().regex(DURATION, 'must be a length of time like 90m, 12h, 30d or 2w').describe('Greatest age: 90m, 12h, 30d, 2w.')

const signature = z.strictObject({ from, count }).describe('A signature of the artifact.')

const provenance = z
  .strictObject({
    from,
    count,
    level: z.int().min(1).max(3).describe('Lowest SLSA build level its builder must be able to claim with this signer.').optional(),
    builder: uri.describe('builder.id, exactly.').optional(),
    'build-type': uri.describe('buildType, exactly.').optional(),
    source: matcher.describe('URI of the source repository, as the provenance writes it.').optional(),
    commit: z
      .enum(['head', 'any'])
      .default('any')
      .describe('head: built from the commit that is handed in as HEAD. any: some commit must be named.'),
    branch: matcher.describe('Branch it was built from.').optional(),
    ref: matcher.describe('Git ref it was built from: refs/tags/v1.2.3.').optional(),
    clean: z.literal(true).describe('The source tree was clean before and after the build.').optional(),
    'max-age': maxAge.optional(),
    'external-parameters': z
      .array(words)
      .max(100)
      .default([])
      .describe('Names of external parameters allowed beside those the build type is known to have.'),
  })
  .describe('SLSA provenance (v1, v0.2, v0.1); one and the same receipt must meet all of it.')

const publish = z
  .strictObject({
    from,
    count,
    package: matcher.describe('Package URL without a version: pkg:npm/%40scope/name.').optional(),
    registry: uri.describe('Address of the registry, exactly.').optional(),
  })
  .describe('An npm publish attestation: the registry says what it took in. Provenance must then be of the very same package and version.')

const sbom = z
  .strictObject({
    from,
    count,
    formats: z
      .array(z.enum(['cyclonedx', 'spdx']))
      .min(1)
      .default(['cyclonedx', 'spdx'])
      .describe('Formats that count.'),
    complete: z.literal(true).describe('The SBOM says that it is complete.').optional(),
    'max-age': maxAge.optional(),
  })
  .describe('A software bill of materials that is about this artifact.')

const check = z
  .strictObject({
    from,
    count,
    result: z.enum(['PASSED', 'WARNED']).default('PASSED').describe('The worst result that is still good enough.'),
    'max-age': maxAge.optional(),
  })
  .describe('A test result: what `tally check` said of the source.')

const verdict = z
  .strictObject({
    from,
    count,
    verifier: uri.describe('verifier.id, exactly. Without it: the id that belongs to the key that signed.').optional(),
    policy: words.describe('Digest (sha256:…) or exact URI of the policy that must have been judged by.').optional(),
    resource: words.describe('resourceUri; exact, or `pattern:`. Without it: the resource that is being judged.').optional(),
    levels: z
      .array(z.string().regex(/^[A-Z][A-Z0-9_]{0,99}$/, 'must be a level like SLSA_BUILD_LEVEL_1'))
      .max(20)
      .default([]),
    'max-age': maxAge.optional(),
  })
  .describe('A verification summary (VSA) of an earlier environment.')

const log = z
  .strictObject({ of: z.array(z.enum(KINDS)).min(1).describe('Kinds of receipts that must carry a verified proof of inclusion in a log.') })
  .describe('Inclusion in a log.')

const requirements = z
  .strictObject({
    signature: signature.optional(),
    provenance: provenance.optional(),
    publish: publish.optional(),
    sbom: sbom.optional(),
    check: check.optional(),
    verdict: verdict.optional(),
    log: log.optional(),
  })
  .superRefine((required, context) => {
    if (KINDS.every((kind) => required[kind] === undefined)) {
      context.addIssue({ code: 'custom', message: 'requires nothing; a policy that anything passes is not a policy' })
    }
    for (const [index, kind] of (required.log?.of ?? []).entries()) {
      if (required[kind] !== undefined) continue
      context.addIssue({ code: 'custom', path: ['log', 'of', index], message: `names ${kind}, which this policy does not require` })
    }
  })

const forbid = z.strictObject({
  licences: z
    .array(
      words.refine(
        (text) => parseLicence(text)?.kind === 'licence' && readLicence(text).kind !== 'name',
        'is not one SPDX licence id (with WITH and an exception, if meant)',
      ),
    )
    .max(1000)
    .default([])
    .describe(
      'SPDX licence ids (with WITH and its exception where that is meant). A component is forbidden when no choice it offers avoids them.',
    ),
  'unknown-licences': z
    .enum(['allow', 'deny'])
    .default('deny')
    .describe(
      'What to do with a component whose licence is not declared or is no SPDX expression. Counts only when licences are forbidden.',
    ),
  packages: z
    .array(
      words.refine(
        (text) => parseForbiddenPackage(text) !== undefined,
        'is not a package URL, alone or with a version or range after the @',
      ),
    )
    .max(10_000)
    .default([])
    .describe('Package URLs: without a version all versions, with one that version, or a range (`pkg:npm/x@>=1.2.0 <1.4.0`).'),
})

/** The schema of a policy document, version 1. docs/policy.md explains each field. */
export const policyDocument = z
  .strictObject({
    version: z.literal(1),
    name,
    require: requirements,
    forbid: forbid.optional(),
    builders: z
      .array(builderDocument)
      .max(200)
      .default([])
      .describe('Builders beside those the program knows; a row for the same id takes the place of the known one.'),
    'allow-asserted-time': z.boolean().default(false).describe("Whether an age may be counted from a time that is only the signer's word."),
    waivers: z.array(waiverDocument).max(1000).default([]),
  })
  .superRefine((policy, context) => {
    if (policy.forbid !== undefined && policy.require.sbom === undefined) {
      context.addIssue({ code: 'custom', path: ['forbid'], message: 'needs require.sbom, which says whose word on the components counts' })
    }
    const ids = new Set<string>()
    for (const [index, waiver] of policy.waivers.entries()) {
      if (!(CLAUSES as readonly string[]).includes(waiver.clause)) {
        context.addIssue({
          code: 'custom',
          path: ['waivers', index, 'clause'],
          message: `is no clause; the clauses are ${CLAUSES.join(', ')}`,
        })
      }
      if (ids.has(waiver.id)) context.addIssue({ code: 'custom', path: ['waivers', index, 'id'], message: 'is used twice' })
      ids.add(waiver.id)
    }
  })

export type PolicyRules = z.output<typeof policyDocument>
export type Requirements = PolicyRules['require']
export type Forbid = NonNullable<PolicyRules['forbid']>

/** A policy that was read. `digest` is of the very bytes, comments included: what was read is what is named in every verdict. */
export type Policy = { readonly name: string; readonly digest: Digest; readonly rules: PolicyRules; readonly waivers: readonly Waiver[] }

/**
 * Reads a policy. In: the bytes of the file and how to name it. Throws `policy-invalid` with file:line:column and the
 * field. Unknown fields are refused; so is a policy that requires nothing.
 */
export function parsePolicy(bytes: Uint8Array, where: string): Policy {
  const rules = parseYaml(bytes, where, policyDocument, 'policy-invalid')
  return { name: rules.name, digest: digestOf(bytes), rules, waivers: rules.waivers }
}

/** JSON Schema (2020-12) of the document as people write it; schemas/policy.schema.json is this. */
export function policyJsonSchema(): object {
  return { $id: 'policy.schema.json', title: 'Tallystick policy', ...z.toJSONSchema(policyDocument, { io: 'input' }) }
}
