import { digestSetOf } from '../kernel/digest.ts'
import type { DigestSet } from '../kernel/digest.ts'
import { redact } from '../kernel/redact.ts'
import type { GitFacts } from './git-facts.ts'
import type { BuildRecord } from './record.ts'

/** builder.id of builds recorded by whoever runs the tool: SLSA Build L1 at most (docs/provenance.md). */
export const LOCAL_BUILDER = 'https://tallystick.dev/builder/local/v1'
/** buildType of a shell command run under the recorder (docs/provenance.md). */
export const COMMAND_BUILD = 'https://tallystick.dev/build/command/v1'
/** Stands for a repository without an address others could use. */
export const UNPUBLISHED_SOURCE = 'urn:tallystick:source:unpublished'

/** How a fact is known: seen by the recorder, said by the project, or worked out from other facts. */
export type Basis = 'observed' | 'declared' | 'derived'

/** A SLSA provenance v1 predicate as this program writes it (slsa.dev/spec/v1.1/provenance; docs/provenance.md). */
export type ProvenancePredicate = {
  readonly buildDefinition: {
    readonly buildType: string
    readonly externalParameters: Readonly<Record<string, unknown>>
    readonly internalParameters: Readonly<Record<string, unknown>>
    readonly resolvedDependencies: readonly { readonly name: string; readonly uri?: string; readonly digest: DigestSet }[]
  }
  readonly runDetails: {
    readonly builder: { readonly id: string; readonly version: Readonly<Record<string, string>> }
    readonly metadata: { readonly invocationId: string; readonly startedOn: string; readonly finishedOn: string }
  }
}

/**
 * The provenance of a recorded build. `internalParameters.basis` marks every fact as observed, declared or derived. Holds
 * names of variables and never values, and no path of this machine. Pure.
 */
export function provenancePredicate(
  record: BuildRecord,
  builder: { readonly builderId: string; readonly buildType: string; readonly toolVersion: string; readonly invocationId?: string },
): ProvenancePredicate {
  const source = sourceOf(record.before)
  const internal = {
    ...sourceFacts(record),
    environment: record.envNames,
    exitCode: record.exitCode,
    platform: record.platform,
    outputs: outputsOf(record),
  }
  return {
    buildDefinition: {
      buildType: builder.buildType,
      externalParameters: {
        ...(source === undefined ? {} : { source }),
        command: withoutLocalPaths(record.command, record.localPaths),
        outputs: record.declaredOutputs,
        env: record.declaredEnv,
      },
      internalParameters: { ...internal, basis: basisOf(Object.keys(internal), source !== undefined) },
      resolvedDependencies: [
        ...(source === undefined ? [] : [{ name: 'source', ...source }]),
        ...record.lockfiles.map((lockfile) => ({ name: lockfile.path, digest: digestSetOf(lockfile.digest) })),
      ],
    },
    runDetails: {
      builder: { id: builder.builderId, version: { tally: builder.toolVersion } },
      metadata: { invocationId: builder.invocationId ?? record.invocationId, startedOn: record.startedAt, finishedOn: record.finishedAt },
    },
  }
}

function sourceOf(git: GitFacts): { readonly uri: string; readonly digest: DigestSet } | undefined {
  if (!git.present) return undefined
  return { uri: git.remote === undefined ? UNPUBLISHED_SOURCE : `git+${git.remote}`, digest: { gitCommit: git.commit } }
}

function sourceFacts({ before, after }: BuildRecord): Readonly<Record<string, unknown>> {
  if (!before.present || !after.present) return {}
  return {
    ...(before.branch === undefined ? {} : { branch: before.branch }),
    clean: { before: !before.dirty, after: !after.dirty },
    sourceTree: before.tree,
    sourceTime: before.commitTime,
  }
}

function outputsOf(record: BuildRecord): readonly unknown[] {
  return record.outputs.map(({ name, digest, size }) => ({ name, digest: digestSetOf(digest), size }))
}

/** One line for each fact: where it stands in the predicate, and how it is known. */
function basisOf(internal: readonly string[], hasSource: boolean): Readonly<Record<string, Basis>> {
  const basis: Record<string, Basis> = {
    'externalParameters.command': 'declared',
    'externalParameters.outputs': 'declared',
    'externalParameters.env': 'declared',
    resolvedDependencies: 'derived',
    'metadata.startedOn': 'observed',
    'metadata.finishedOn': 'observed',
  }
  if (hasSource) basis['externalParameters.source'] = 'observed'
  for (const name of internal) basis[`internalParameters.${name}`] = 'observed'
  return basis
}

/** A declared text with the paths of this machine replaced by the words that stand for them, and credentials taken out. */
export function withoutLocalPaths(text: string, localPaths: BuildRecord['localPaths']): string {
  return redact(localPaths.reduce((rest, [path, word]) => rest.replaceAll(path, word), text))
}
