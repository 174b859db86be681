import { addToGroup } from '../kernel/groups.ts'
import type { InventoryQueries } from './inventory-db.ts'
import { asOf } from './inventory-db.ts'

/** One place an artifact is: current in an environment, or run by a workload there. */
export type Place = {
  readonly environment: string
  /** Undefined: it is what the environment's `current` names. */
  readonly workload: string | undefined
  readonly tag: string
  readonly since: string
}

/** The places of several digests of one thing, by environment, what is current before what runs. */
export function mergePlaces(places: ReadonlyMap<string, readonly Place[]>, digests: readonly string[]): readonly Place[] {
  const keyOf = (place: Place): string => `${place.environment}\n${place.workload ?? ''}`
  const all = digests.flatMap((digest) => places.get(digest) ?? [])
  return all.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0))
}

/** Where each of the given digests is (at `time`, as `utcTime` gives it; undefined: now), in no order (`mergePlaces` sorts: asked to, SQLite would walk all places in that order). Equivalents are not followed. */
export async function placesOf(
  db: InventoryQueries,
  digests: readonly string[],
  time: string | undefined,
): Promise<ReadonlyMap<string, readonly Place[]>> {
  const current = await db
    .selectFrom('current_history')
    .select(['artifact', 'environment', 'tag', 'valid_from'])
    .where(db.anyOf('artifact', digests))
    .where(asOf('current_history', time))
    .execute()
  const running = await db
    .selectFrom('deployment')
    .select(['artifact', 'environment', 'workload', 'tag', 'valid_from'])
    .where(db.anyOf('artifact', digests))
    .where(asOf('deployment', time))
    .execute()
  const places = new Map<string, Place[]>()
  const add = (artifact: string | null, place: Place): void => {
    if (artifact !== null) addToGroup(places, artifact, place)
  }
  for (const { artifact, environment, tag, valid_from: since } of current) add(artifact, { environment, workload: undefined, tag, since })
  for (const { artifact, environment, workload, tag, valid_from: since } of running) add(artifact, { environment, workload, tag, since })
  return places
}
