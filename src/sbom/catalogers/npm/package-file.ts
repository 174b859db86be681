import { z } from 'zod'
import { parseJson } from '../../../kernel/json.ts'
import type { Party } from '../../model.ts'
import { partyFrom } from '../../party.ts'
import type { Need } from './tree.ts'

const names = z.record(z.string(), z.unknown()).catch({})
const licence = z.unknown().optional()

/** The part of a package.json, and of a lockfile's entry, that says what a package is and needs. Loose: anyone may have written it. */
const MANIFEST = z.object({
  name: z.string().optional().catch(undefined),
  version: z.string().optional().catch(undefined),
  license: licence,
  licenses: licence,
  author: z.unknown().optional(),
  dependencies: names.optional(),
  optionalDependencies: names.optional(),
  devDependencies: names.optional(),
  peerDependencies: names.optional(),
  peerDependenciesMeta: z
    .record(z.string(), z.object({ optional: z.boolean().optional().catch(undefined) }).catch({}))
    .catch({})
    .optional(),
  workspaces: z
    .union([z.array(z.string()), z.object({ packages: z.array(z.string()) }).transform((value) => value.packages)])
    .optional()
    .catch(undefined),
})

export type Manifest = z.infer<typeof MANIFEST>

/** Reads a package.json. Undefined when it is no JSON object: one broken file of somebody else's package is not a fault of the target. */
export function readManifest(bytes: Uint8Array, where: string): Manifest | undefined {
  try {
    return MANIFEST.safeParse(parseJson(bytes, where, { code: 'artifact-malformed', limitName: 'packageFileBytes' })).data
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'artifact-malformed') return undefined
    throw error
  }
}

/** What a package needs. Of one name the stronger word counts: optional over required (as npm reads it), both over peer, dev last. */
export function needsOf(manifest: Manifest, options: { readonly dev: boolean }): Need[] {
  const kinds = new Map<string, Need['kind']>()
  if (options.dev) for (const name of Object.keys(manifest.devDependencies ?? {})) kinds.set(name, 'dev')
  for (const name of Object.keys(manifest.peerDependencies ?? {})) {
    kinds.set(name, manifest.peerDependenciesMeta?.[name]?.optional === true ? 'peer-optional' : 'peer')
  }
  for (const name of Object.keys(manifest.dependencies ?? {})) kinds.set(name, 'required')
  for (const name of Object.keys(manifest.optionalDependencies ?? {})) kinds.set(name, 'optional')
  return [...kinds].map(([name, kind]) => ({ name, kind }))
}

/** The licence a manifest declares: a string, or the older `{ type }` and lists of both. */
export function licenceOf(manifest: Pick<Manifest, 'license' | 'licenses'>): string | undefined {
  const declared = manifest.license ?? manifest.licenses
  const all = (Array.isArray(declared) ? declared : [declared]).map(licenceName).filter((name) => name !== undefined)
  if (all.length === 0) return undefined
  return all.length === 1 ? all[0] : `(${all.join(' OR ')})`
}

/** Who makes a package, as its manifest says: `Name <e-mail> (URL)`, or an object of these. */
export function producerOf({ author }: Pick<Manifest, 'author'>): Party | undefined {
  if (typeof author === 'string') return partyFrom(author)
  if (typeof author !== 'object' || author === null) return undefined
  const field = (name: string): string => {
    const value: unknown = Object.entries(author).find(([key]) => key === name)?.[1]
    return typeof value === 'string' ? value : ''
  }
  return partyFrom(`${field('name').replace(/[<>()]/g, ' ')} <${field('email')}> (${field('url')})`)
}

function licenceName(declared: unknown): string | undefined {
  const name = typeof declared === 'object' && declared !== null && 'type' in declared ? declared.type : declared
  return typeof name === 'string' && name.trim() !== '' ? name.trim() : undefined
}
