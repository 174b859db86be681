import { accessSync, constants } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

/** The program of a peer: in TALLY_PEERS_DIR/bin, the cache directory `tally-peers/bin`, or PATH. Undefined, with a line on stderr, when it is nowhere. */
export function findPeer(name: string): string | undefined {
  const { TALLY_PEERS_DIR: own, XDG_CACHE_HOME: cache, PATH: path = '' } = process.env
  const places = [
    ...(own === undefined ? [] : [join(own, 'bin')]),
    join(cache ?? join(homedir(), '.cache'), 'tally-peers', 'bin'),
    ...path.split(delimiter),
  ]
  const found = places.map((place) => join(place, name)).find(isExecutable)
  if (found === undefined)
    process.stderr.write(`SKIPPED: \`${name}\` is in none of TALLY_PEERS_DIR/bin, the cache and PATH; run scripts/peers\n`)
  return found
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
