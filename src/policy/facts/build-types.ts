/** External parameters of the build types whose meaning is known (docs/build-types.md, slsa-framework.github.io/github-actions-buildtypes). */
const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  'https://slsa-framework.github.io/github-actions-buildtypes/workflow/v1': ['inputs', 'vars', 'workflow'],
}

const OURS = ['command', 'env', 'outputs', 'source']

/** Names a build type is known to have; none for one that is not known, so that all must be allowed by the policy. */
export function knownParameters(buildType: string): readonly string[] {
  if (Object.hasOwn(PARAMETERS, buildType)) return PARAMETERS[buildType] ?? []
  return OWN_BUILD_TYPES.has(buildType) ? OURS : []
}

const OWN_BUILD_TYPES: ReadonlySet<string> = new Set(['https://tallystick.dev/build/command/v1'])
