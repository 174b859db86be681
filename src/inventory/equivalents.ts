import type { Digest } from '../kernel/digest.ts'
import type { InventoryQueries } from './inventory-db.ts'

/** The same thing under several digests is followed over at most this many steps (manifest – file – another manifest – its config). */
const MOST_STEPS = 4

/**
 * All digests of the same things: a manifest, the file it wraps, the config of an image. In: digests. Out: for each, itself
 * and its equivalents, sorted. Whoever asks about one is told about all.
 */
export async function equivalentsOf(db: InventoryQueries, digests: readonly string[]): Promise<ReadonlyMap<string, readonly Digest[]>> {
  const links = new Map<string, Set<string>>(digests.map((digest) => [digest, new Set([digest])]))
  let asked: readonly string[] = [...links.keys()]
  for (let step = 0; step < MOST_STEPS && asked.length > 0; step += 1) {
    const rows = [
      ...(await db.selectFrom('artifact_alias').select(['artifact', 'alias']).where(db.anyOf('artifact', asked)).execute()),
      ...(await db.selectFrom('artifact_alias').select(['artifact', 'alias']).where(db.anyOf('alias', asked)).execute()),
    ]
    const found = new Set<string>()
    for (const { artifact, alias } of rows) {
      for (const digest of [artifact, alias]) if (!links.has(digest)) found.add(digest)
      linked(links, artifact).add(alias)
      linked(links, alias).add(artifact)
    }
    asked = [...found]
  }
  return new Map(digests.map((digest) => [digest, reachable(links, digest)]))
}

function linked(links: Map<string, Set<string>>, digest: string): Set<string> {
  const known = links.get(digest)
  if (known !== undefined) return known
  const made = new Set<string>()
  links.set(digest, made)
  return made
}

function reachable(links: ReadonlyMap<string, ReadonlySet<string>>, start: string): readonly Digest[] {
  const seen = new Set([start])
  // A set grows while it is walked, and the walk reaches what was added.
  for (const digest of seen) for (const next of links.get(digest) ?? []) seen.add(next)
  return [...seen].toSorted() as readonly string[] as readonly Digest[]
}
