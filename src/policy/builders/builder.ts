import { z } from 'zod'
import type { SignerIdentity } from '../../trust/receipt.ts'
import { compileMatcher } from '../../kernel/matcher.ts'

const words = z.string().min(1).max(500)

/** Stands in `subject` for the id of the builder itself: a reusable workflow signs under its own address. */
export const OWN_ID = 'builder.id'

const signedBy = z
  .strictObject({
    authority: words.describe('An authority of the trust policy, by name.').optional(),
    key: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'must be a key id: 64 hexadecimal digits')
      .describe('A key by its id (`tally key show`).')
      .optional(),
    issuer: words.describe('Issuer of a certificate identity; exact, or `pattern:`.').optional(),
    subject: words.describe('Subject of a certificate identity; exact, `pattern:`, or `builder.id` for the id itself.').optional(),
    runner: words.describe('Runner environment in the certificate, exactly: github-hosted.').optional(),
    anyone: z.literal(true).describe('Whoever the policy names in `from`. For level 1 and below only.').optional(),
  })
  .refine(isOneForm, 'must be one of: {authority}, {key}, {issuer, subject}, {anyone: true}')

/** One builder of the table: who it is, who signs for it, and the highest level of the SLSA build track it may claim. */
export const builderDocument = z
  .strictObject({
    id: words.describe('builder.id; exact, or `pattern:` where the id ends in a version.'),
    level: z.int().min(0).max(3).describe('Highest SLSA build level it may claim.'),
    'signed-by': z.array(signedBy).min(1).max(20).describe('Who signs its provenance; one of them is enough.'),
    'build-types': z
      .record(words, z.array(words).max(100))
      .default({})
      .describe('Build types it uses, each with the names of the external parameters that are known.'),
  })
  .refine((row) => row.level <= 1 || row['signed-by'].every((each) => each.anyone !== true), {
    path: ['signed-by'],
    message: 'anyone can sign for level 1 at most',
  })

export type Builder = z.output<typeof builderDocument>
export type SignedBy = Builder['signed-by'][number]

function isOneForm(rule: { readonly [K in 'authority' | 'key' | 'issuer' | 'subject' | 'runner' | 'anyone']?: unknown }): boolean {
  const identity = rule.issuer !== undefined && rule.subject !== undefined
  if (!identity && (rule.issuer !== undefined || rule.subject !== undefined || rule.runner !== undefined)) return false
  return [rule.authority !== undefined, rule.key !== undefined, identity, rule.anyone === true].filter(Boolean).length === 1
}

/** Whether a builder's row is about this builder.id. */
export function isBuilder(builder: Builder, id: string): boolean {
  return compileMatcher(builder.id).matches(id)
}

/** Whether a signer signs for a builder. A certificate's facts count only as far as trust has verified the certificate. */
export function signsFor(rule: SignedBy, signer: SignerIdentity, id: string): boolean {
  if (rule.anyone === true) return true
  if (rule.authority !== undefined) return signer.authority === rule.authority
  if (rule.key !== undefined) return signer.kind !== 'identity' && signer.keyId === rule.key
  const { identity } = signer
  if (identity === undefined || signer.kind !== 'identity' || rule.issuer === undefined || rule.subject === undefined) return false
  if (rule.runner !== undefined && identity.facts?.['runnerEnvironment'] !== rule.runner) return false
  const subject = rule.subject === OWN_ID ? identity.subject === id : compileMatcher(rule.subject).matches(identity.subject)
  return subject && compileMatcher(rule.issuer).matches(identity.issuer)
}
