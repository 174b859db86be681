import { z } from 'zod'
import type { Reading } from '../clauses/clause.ts'

/** What a policy asks about a SLSA v1 provenance predicate (slsa.dev/spec/v1.1/provenance). */
export type ProvenanceFacts = {
  readonly builder: string
  readonly buildType: string
  /** resolvedDependencies[0]: the source, when it names a git commit. */
  readonly source?: { readonly uri: string; readonly commit: string }
  readonly branch?: string
  readonly clean?: { readonly before: boolean; readonly after: boolean }
  readonly parameters: readonly string[]
}

const record = z.record(z.string(), z.unknown())

const predicate = z.object({
  buildDefinition: z.object({
    buildType: z.string().min(1),
    externalParameters: record.default({}),
    internalParameters: record.default({}),
    resolvedDependencies: z
      .array(z.object({ uri: z.string().optional(), digest: z.record(z.string(), z.string()).optional() }))
      .default([]),
  }),
  runDetails: z.object({ builder: z.object({ id: z.string().min(1) }) }),
})

const cleanness = z.object({ before: z.boolean(), after: z.boolean() })
const workflow = z.object({ ref: z.string() })

/** Reads the predicate defensively: what it does not say is left out, what cannot be a provenance is refused with the reason. */
export function readProvenance(value: unknown): Reading<ProvenanceFacts> {
  const parsed = predicate.safeParse(value)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    return { ok: false, why: `its predicate is no SLSA v1 provenance (${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''})` }
  }
  const { buildDefinition, runDetails } = parsed.data
  const { externalParameters, internalParameters, resolvedDependencies } = buildDefinition
  const dependency = resolvedDependencies[0]
  const commit = dependency?.digest?.['gitCommit']
  const branch = branchOf(internalParameters['branch'], externalParameters['workflow'])
  const clean = cleanness.safeParse(internalParameters['clean'])
  return {
    ok: true,
    facts: {
      builder: runDetails.builder.id,
      buildType: buildDefinition.buildType,
      parameters: Object.keys(externalParameters).toSorted(),
      ...(dependency?.uri !== undefined && commit !== undefined ? { source: { uri: dependency.uri, commit } } : {}),
      ...(branch === undefined ? {} : { branch }),
      ...(clean.success ? { clean: clean.data } : {}),
    },
  }
}

/** Our own builder names the branch; GitHub's build type has the workflow's ref, which names one only under refs/heads/. */
function branchOf(own: unknown, github: unknown): string | undefined {
  if (typeof own === 'string' && own !== '') return own
  const ref = workflow.safeParse(github)
  const prefix = 'refs/heads/'
  return ref.success && ref.data.ref.startsWith(prefix) ? ref.data.ref.slice(prefix.length) : undefined
}
