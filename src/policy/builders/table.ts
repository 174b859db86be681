import type { SignerIdentity } from '../../trust/receipt.ts'
import { show } from '../show.ts'
import { isBuilder, signsFor } from './builder.ts'
import type { Builder } from './builder.ts'
import { GITHUB } from './github.ts'
import { GOOGLE } from './google.ts'
import { LOCAL } from './local.ts'

/** The builders this program knows. Adding one is adding a file and a line; a policy's own `builders` come before them. */
export const KNOWN_BUILDERS: readonly Builder[] = [...LOCAL, ...GITHUB, ...GOOGLE]

/** What a provenance is worth on the SLSA build track, and why. */
export type LevelClaim = { readonly level: number; readonly why: string }

/**
 * The highest SLSA build level a provenance may claim (slsa.dev/spec/v1.1/verifying-artifacts, step 1). In: builder.id,
 * who signed, the policy's own rows. A builder nobody knows: 1, the level that says only that there is provenance. A builder
 * that is known, in a signature of somebody who does not sign for it: 0, for then its name is only claimed. A row of the
 * policy for the same id takes the place of the program's own.
 */
export function levelOf(id: string, signer: SignerIdentity, own: readonly Builder[]): LevelClaim {
  const rows = rowsOf(id, own)
  if (rows.length === 0) return { level: 1, why: `${show(id)} is no known builder` }
  const fitting = rows.filter((row) => row['signed-by'].some((rule) => signsFor(rule, signer, id)))
  if (fitting.length === 0) return { level: 0, why: `${show(signer.authority)} does not sign for ${show(id)}` }
  return { level: Math.max(...fitting.map((row) => row.level)), why: `${show(id)}, signed by ${show(signer.authority)}` }
}

/** The level a builder could claim if its signature were verified; undefined for one that is not known. For showing, never for deciding. */
export function claimableLevel(id: string, own: readonly Builder[] = []): number | undefined {
  const levels = rowsOf(id, own).map((row) => row.level)
  return levels.length === 0 ? undefined : Math.max(...levels)
}

/** Names of external parameters a build type is known to have; none for one that is not known, so that all must be named by the policy. */
export function knownParameters(buildType: string, own: readonly Builder[]): readonly string[] {
  return [...own, ...KNOWN_BUILDERS].flatMap((row) =>
    Object.hasOwn(row['build-types'], buildType) ? (row['build-types'][buildType] ?? []) : [],
  )
}

function rowsOf(id: string, own: readonly Builder[]): readonly Builder[] {
  const named = own.filter((row) => isBuilder(row, id))
  return named.length > 0 ? named : KNOWN_BUILDERS.filter((row) => isBuilder(row, id))
}
