/**
 * The floors of the house (docs/architecture.md), lowest first. A room imports from rooms below it and from itself, never from
 * a room beside or above. This is the only place they are written down; .oxlintrc.json is generated from it.
 */
export const FLOORS: readonly (readonly string[])[] = [
  ['kernel'],
  ['artifact', 'package', 'store'],
  ['evidence', 'sbom', 'advisory', 'check', 'ledger'],
  ['trust', 'build', 'guard'],
  ['policy', 'inventory'],
  ['gate', 'assurance'],
  ['server', 'chain'],
  ['cli'],
]

/** The rooms a room must not import from, in the order of the floors. Throws for a room that stands on no floor. */
export function roomsOutOfReach(room: string): readonly string[] {
  const floor = FLOORS.findIndex((rooms) => rooms.includes(room))
  if (floor === -1) throw new Error(`src/${room} stands on no floor: name it in scripts/floors.ts and docs/architecture.md`)
  return FLOORS.slice(floor)
    .flat()
    .filter((other) => other !== room)
}
