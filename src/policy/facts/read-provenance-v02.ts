import type { z } from 'zod'
import { provenanceV01Schema, provenanceV02Schema } from '../../evidence/predicates/provenance-v02.ts'
import type { Reading } from '../clauses/clause.ts'
import { branchOfRef, commitOf, splitRef } from './provenance-facts.ts'
import type { ProvenanceFacts } from './provenance-facts.ts'

type Material = { readonly uri?: string | undefined; readonly digest?: Readonly<Record<string, string>> | undefined }

/**
 * SLSA provenance v0.2 in the terms of v1 (slsa.dev/spec/v1.0/provenance, "Migrating from v0.2"): `invocation.parameters` are
 * external, `invocation.configSource` is the source, and a material must say the same of it.
 */
export function readProvenanceV02(value: unknown): Reading<ProvenanceFacts> {
  const parsed = provenanceV02Schema.safeParse(value)
  if (!parsed.success) return { ok: false, why: `its predicate is no SLSA v0.2 provenance (${whyOf(parsed.error)})` }
  const { builder, buildType, invocation, materials } = parsed.data
  const source = sourceOf(invocation?.configSource, materials ?? [])
  if ('why' in source) return { ok: false, why: source.why }
  return {
    ok: true,
    facts: {
      builder: builder.id,
      buildType,
      parameters: [...parameterNames(invocation?.parameters), ...eventInputs(invocation?.environment)].toSorted(),
      ...source,
    },
  }
}

/** SLSA provenance v0.1 as Google Cloud Build wrote it: the recipe's arguments are external. */
export function readProvenanceV01(value: unknown): Reading<ProvenanceFacts> {
  const parsed = provenanceV01Schema.safeParse(value)
  if (!parsed.success) return { ok: false, why: `its predicate is no SLSA v0.1 provenance (${whyOf(parsed.error)})` }
  const { builder, recipe, materials } = parsed.data
  const [first] = materials ?? []
  return {
    ok: true,
    facts: {
      builder: builder.id,
      buildType: recipe.type,
      parameters: parameterNames(recipe.arguments).toSorted(),
      ...materialSource(first),
    },
  }
}

function whyOf(error: z.ZodError): string {
  const issue = error.issues[0]
  return `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`
}

function sourceOf(
  config: Material | undefined,
  materials: readonly Material[],
): Pick<ProvenanceFacts, 'source' | 'ref' | 'branch'> | { readonly why: string } {
  if (config?.uri === undefined) return materialSource(materials[0])
  const same = materials.find((each) => each.uri === config.uri)
  if (materials.length > 0 && same === undefined) return { why: 'its materials do not name the source it was started from' }
  const [wanted, resolved] = [commitOf(config.digest), commitOf(same?.digest)]
  if (wanted !== undefined && resolved !== undefined && wanted !== resolved) return { why: 'it names two commits of one source' }
  return materialSource({ uri: config.uri, digest: config.digest ?? same?.digest })
}

const COMMIT_PATH = /^(https:\/\/[^#?]{1,2000})\/commit\/([0-9a-f]{40})$/

/** The first builds of Google Cloud Build gave the commit as the end of a path. */
function materialSource(material: Material | undefined): Pick<ProvenanceFacts, 'source' | 'ref' | 'branch'> {
  if (material?.uri === undefined) return {}
  const path = COMMIT_PATH.exec(material.uri)
  const commit = commitOf(material.digest) ?? path?.[2]
  const { uri, ref } = splitRef(path?.[1] ?? material.uri)
  const branch = branchOfRef(ref)
  return {
    ...(commit === undefined ? {} : { source: { uri: uri.startsWith('https://') ? `git+${uri}` : uri, commit } }),
    ...(ref === undefined ? {} : { ref }),
    ...(branch === undefined ? {} : { branch }),
  }
}

function parameterNames(parameters: unknown): string[] {
  if (parameters === undefined || parameters === null) return []
  // Parameters that are no names cannot be known one by one.
  return typeof parameters === 'object' && !Array.isArray(parameters) ? Object.keys(parameters) : ['parameters']
}

/** Inputs of a workflow that somebody started by hand stand in the event, and are as external as any. */
function eventInputs(environment: unknown): readonly string[] {
  const event = field(environment, 'github_event_payload') ?? field(environment, 'GITHUB_EVENT_PAYLOAD')
  const inputs = field(event, 'inputs')
  return inputs === undefined || inputs === null || (typeof inputs === 'object' && Object.keys(inputs).length === 0) ? [] : ['inputs']
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined
}
