import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** Test data of public projects, which lie beside the repository and not in it: in TALLY_SHARED_DATA, or ../shared/data. Undefined, with a line on stderr, where they are not. */
export function sharedData(folder: string): string | undefined {
  const places = [
    process.env['TALLY_SHARED_DATA'],
    ...['../../..', '../../../..'].map((up) => join(import.meta.dirname, up, 'shared/data')),
  ]
  const found = places.find((place) => place !== undefined && existsSync(join(place, folder)))
  if (found === undefined)
    process.stderr.write(`SKIPPED: the shared data \`${folder}\` are neither in TALLY_SHARED_DATA nor beside the repository\n`)
  return found === undefined ? undefined : join(found, folder)
}
