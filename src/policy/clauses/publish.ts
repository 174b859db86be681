import { PREDICATE } from '../../evidence/evidence.ts'
import { npmPublishSchema } from '../../evidence/predicates/npm-publish.ts'
import { formatPurl } from '../../package/purl.ts'
import type { Requirements } from '../document.ts'
import { compileMatcher } from '../../kernel/matcher.ts'
import { canonicalPurl, packageOf, withoutVersion } from '../package-name.ts'
import { show } from '../show.ts'
import { failed, met } from './clause.ts'
import type { Clause, KindRules } from './clause.ts'

export type PublishFacts = {
  /** The package the statement is about, canonical; undefined when its subject is not exactly one package. */
  readonly subject: string | undefined
  /** The package its predicate names, canonical. */
  readonly claimed: string
  readonly registry: string
}

type PublishRequirement = NonNullable<Requirements['publish']>

const make = (): string => 'publish it to the registry, and keep the attestation the registry gives for it'

/** Subject and predicate of the registry's statement name the same package and version. */
const bound: Clause<PublishRequirement, PublishFacts> = {
  name: 'publish.bound',
  asked: () => true,
  expected: () => 'one package, named alike by subject and predicate',
  judge: (facts) =>
    facts.subject === facts.claimed
      ? met(show(facts.claimed))
      : failed(`${show(facts.subject ?? 'no single package')} as its subject, ${show(facts.claimed)} in its predicate`, make()),
}

const ofPackage: Clause<PublishRequirement, PublishFacts> = {
  name: 'publish.package',
  asked: (required) => required.package !== undefined,
  expected: (required) => `package ${required.package ?? ''}`,
  judge: (facts, required) =>
    compileMatcher(required.package ?? '').matches(withoutVersion(facts.claimed))
      ? met(show(facts.claimed))
      : failed(show(facts.claimed), 'use that package, or name this one in require.publish.package'),
}

const atRegistry: Clause<PublishRequirement, PublishFacts> = {
  name: 'publish.registry',
  asked: (required) => required.registry !== undefined,
  expected: (required) => `registry ${required.registry ?? ''}`,
  judge: (facts, required) =>
    facts.registry === required.registry
      ? met(show(facts.registry))
      : failed(show(facts.registry), 'take it from that registry, or name this one in require.publish.registry'),
}

/** npm's publish attestation: what the registry itself says of what it took in. */
export const PUBLISH: KindRules<PublishRequirement, PublishFacts> = {
  kind: 'publish',
  noun: 'publish attestation',
  predicateTypes: () => [PREDICATE.npmPublish],
  required: (rules) => rules.require.publish,
  read: ({ statement }) => {
    const parsed = npmPublishSchema.safeParse(statement.predicate)
    if (!parsed.success)
      return { ok: false, why: `its predicate is no npm publish attestation (${parsed.error.issues[0]?.path.join('.') ?? ''})` }
    const { name, version, registry } = parsed.data
    const slash = name.startsWith('@') ? name.indexOf('/') : -1
    const claimed = canonicalPurl(
      formatPurl({
        type: 'npm',
        ...(slash === -1 ? {} : { namespace: name.slice(0, slash) }),
        name: name.slice(slash + 1),
        version,
        qualifiers: {},
      }),
    )
    if (claimed === undefined) return { ok: false, why: 'its predicate names no package that can be' }
    return { ok: true, facts: { subject: packageOf(statement), claimed, registry } }
  },
  make,
  clauses: [bound, ofPackage, atRegistry],
}
