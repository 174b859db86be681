import { z } from 'zod'
import { PREDICATE } from '../../evidence/evidence.ts'
import type { Statement } from '../../evidence/evidence.ts'
import type { Reading } from '../clauses/clause.ts'
import { branchOfRef, commitOf, splitRef } from './provenance-facts.ts'
import type { ProvenanceFacts, Source } from './provenance-facts.ts'
import { readProvenanceV01, readProvenanceV02 } from './read-provenance-v02.ts'

/** The predicate types that are provenance, newest first. */
export const PROVENANCE_TYPES: readonly string[] = [PREDICATE.provenance, PREDICATE.provenanceV02, PREDICATE.provenanceV01]

/** Reads provenance of any version defensively: what it does not say is left out, what cannot be a provenance is refused with the reason. */
export function readProvenance({
  predicateType,
  predicate: value,
}: Pick<Statement, 'predicateType' | 'predicate'>): Reading<ProvenanceFacts> {
  if (predicateType === PREDICATE.provenanceV02) return readProvenanceV02(value)
  return predicateType === PREDICATE.provenanceV01 ? readProvenanceV01(value) : readProvenanceV1(value)
}

const record = z.record(z.string(), z.unknown())
const dependencySchema = z.object({ uri: z.string().optional(), digest: z.record(z.string(), z.string()).optional() })
type Dependency = z.infer<typeof dependencySchema>

const predicate = z.object({
  buildDefinition: z.object({
    buildType: z.string().min(1),
    externalParameters: record.default({}),
    internalParameters: record.default({}),
    resolvedDependencies: z.array(dependencySchema).default([]),
  }),
  runDetails: z.object({ builder: z.object({ id: z.string().min(1) }) }),
})

const cleanness = z.object({ before: z.boolean(), after: z.boolean() })
/** GitHub's `workflow`: a repository without `git+`. */
const workflow = z.object({ repository: z.string(), ref: z.string() })
/** Google Cloud Build's `buildConfigSource`: a repository with `git+`. */
const configSource = z.object({ repository: z.string(), ref: z.string() })

function readProvenanceV1(value: unknown): Reading<ProvenanceFacts> {
  const parsed = predicate.safeParse(value)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    return { ok: false, why: `its predicate is no SLSA v1 provenance (${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''})` }
  }
  const { buildDefinition, runDetails } = parsed.data
  const { externalParameters, internalParameters, resolvedDependencies } = buildDefinition
  const asked = askedSource(externalParameters)
  const found = sourceOf(resolvedDependencies, asked)
  const ref = asked?.ref ?? found?.ref
  const own = internalParameters['branch']
  // Where a ref is named it is the ref that counts: our own builder, which names the branch, names none.
  const branch = ref === undefined ? (typeof own === 'string' && own !== '' ? own : undefined) : branchOfRef(ref)
  const clean = cleanness.safeParse(internalParameters['clean'])
  return {
    ok: true,
    facts: {
      builder: runDetails.builder.id,
      buildType: buildDefinition.buildType,
      parameters: Object.keys(externalParameters).toSorted(),
      ...(found === undefined ? {} : { source: found.source }),
      ...(branch === undefined ? {} : { branch }),
      ...(ref === undefined ? {} : { ref }),
      ...(clean.success ? { clean: clean.data } : {}),
    },
  }
}

/** The source that the external parameters ask for, where the build type has a field for it. */
function askedSource(parameters: Readonly<Record<string, unknown>>): { readonly uri: string; readonly ref?: string } | undefined {
  const github = workflow.safeParse(parameters['workflow'])
  if (github.success) return { uri: `git+${github.data.repository}`, ref: github.data.ref }
  const google = configSource.safeParse(parameters['buildConfigSource'])
  if (!google.success) return undefined
  const { repository, ref } = google.data
  const uri = repository.startsWith('git+') ? repository : `git+${repository}`
  return ref.startsWith('refs/') ? { uri, ref } : { uri }
}

/**
 * The resolved dependency that is the source: the one the external parameters ask for, at the ref they ask for; the first one
 * where they ask for none. A dependency of another repository is never taken for the source.
 */
function sourceOf(
  dependencies: readonly Dependency[],
  asked: { readonly uri: string; readonly ref?: string } | undefined,
): { readonly source: Source; readonly ref?: string } | undefined {
  const candidates = (asked === undefined ? dependencies.slice(0, 1) : dependencies).flatMap((each) => {
    const commit = commitOf(each.digest)
    return each.uri === undefined || commit === undefined ? [] : [{ ...splitRef(each.uri), commit }]
  })
  const chosen = candidates.find(
    (each) =>
      asked === undefined || (each.uri === asked.uri && (each.ref === undefined || asked.ref === undefined || each.ref === asked.ref)),
  )
  if (chosen === undefined) return undefined
  return { source: { uri: chosen.uri, commit: chosen.commit }, ...(chosen.ref === undefined ? {} : { ref: chosen.ref }) }
}
