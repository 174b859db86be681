import { utf8 } from '../kernel/bytes.ts'
import { parsePolicy } from './document.ts'
import type { Policy } from './document.ts'

const BASELINE = `# The least that is worth asking of anything that runs: who made it, from what, and what is inside.
version: 1
name: baseline
require:
  signature: { from: [somebody-trusted] }
  provenance: { from: [somebody-trusted], level: 1 }
  sbom: { from: [somebody-trusted] }
`

/**
 * The policy `tally inspect` asks what it would say. In: everybody who is trusted here, by name; each may be the one who said it.
 * With nobody trusted it denies everything, naming what is missing.
 */
export function baselinePolicy(authorities: readonly string[]): Policy {
  const policy = parsePolicy(utf8(BASELINE), 'baseline')
  if (authorities.length === 0) return policy
  const { signature, provenance, sbom } = policy.rules.require
  const from = [...authorities]
  return {
    ...policy,
    rules: {
      ...policy.rules,
      require: {
        ...(signature === undefined ? {} : { signature: { ...signature, from } }),
        ...(provenance === undefined ? {} : { provenance: { ...provenance, from } }),
        ...(sbom === undefined ? {} : { sbom: { ...sbom, from } }),
      },
    },
  }
}
