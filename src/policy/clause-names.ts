/** What a policy can require, each a kind of receipt. */
export const KINDS = ['signature', 'provenance', 'publish', 'sbom', 'check', 'verdict'] as const
export type Kind = (typeof KINDS)[number]

/** Every clause there is, in the order of a trace. A waiver names one of these exactly. */
export const CLAUSES = [
  'signature',
  'provenance',
  'provenance.level',
  'provenance.builder',
  'provenance.build-type',
  'provenance.source',
  'provenance.commit',
  'provenance.branch',
  'provenance.ref',
  'provenance.certificate',
  'provenance.clean',
  'provenance.age',
  'provenance.parameters',
  'provenance.package',
  'publish',
  'publish.bound',
  'publish.package',
  'publish.registry',
  'sbom',
  'sbom.bound',
  'sbom.complete',
  'sbom.age',
  'check',
  'check.age',
  'log',
  'verdict',
  'verdict.age',
  'forbid.licences',
  'forbid.packages',
] as const
export type ClauseName = (typeof CLAUSES)[number]
