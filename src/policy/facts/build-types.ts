import { COMMAND_BUILD } from '../../build/provenance.ts'

/** External parameters of the build types whose meaning is known (docs/provenance.md, slsa-framework.github.io/github-actions-buildtypes). */
const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  [COMMAND_BUILD]: ['command', 'env', 'outputs', 'source'],
  'https://slsa-framework.github.io/github-actions-buildtypes/workflow/v1': ['inputs', 'vars', 'workflow'],
}

/** Names a build type is known to have; none for one that is not known, so that all must be allowed by the policy. */
export function knownParameters(buildType: string): readonly string[] {
  return Object.hasOwn(PARAMETERS, buildType) ? (PARAMETERS[buildType] ?? []) : []
}
