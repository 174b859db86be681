import { basename, join } from 'node:path'
import type { Deps } from '../kernel/deps.ts'
import { asTallyError } from '../kernel/errors.ts'
import { TILE_WIDTH, hashesAt, parseTilePath, tilePath } from './tiles.ts'
import type { Tile } from './tiles.ts'

/** A file under the log's directory, by its path from there with `/`. */
export type LogFile = {
  readonly path: string
  readonly kind: 'checkpoint' | 'tile' | 'temporary' | 'unknown'
  /** For kind `tile`. */
  readonly tile?: Tile
}

/**
 * Lists the files under a log's directory, in the order of their names. `enter` says whether to look into a directory.
 * What is neither file nor directory (a link, a socket) is `unknown`. A directory that is not there is empty.
 */
export async function* listLogFiles(
  deps: Pick<Deps, 'fs'>,
  dir: string,
  enter: (directory: string) => boolean = () => true,
  at = '',
): AsyncGenerator<LogFile> {
  for (const entry of await readDirectory(deps, join(dir, at))) {
    const path = at === '' ? entry.name : `${at}/${entry.name}`
    if (entry.isDirectory()) {
      if (enter(path)) yield* listLogFiles(deps, dir, enter, path)
    } else if (entry.isFile()) yield classify(path)
    else yield { path, kind: 'unknown' }
  }
}

async function readDirectory(deps: Pick<Deps, 'fs'>, path: string) {
  try {
    const entries = await deps.fs.readdir(path, { withFileTypes: true })
    return entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  } catch (error) {
    const known = asTallyError(error, path)
    if (known.code === 'not-found') return []
    throw known
  }
}

function classify(path: string): LogFile {
  if (path === 'checkpoint') return { path, kind: 'checkpoint' }
  if (basename(path).startsWith('.tmp-')) return { path, kind: 'temporary' }
  const tile = parseTilePath(path)
  return tile === undefined ? { path, kind: 'unknown' } : { path, kind: 'tile', tile }
}

/** Whether a tile holds something no checkpoint of `size` entries speaks of. */
export function liesBeyond(tile: Tile, size: number): boolean {
  return tile.index * TILE_WIDTH + tile.width > hashesAt(tile.level === 'entries' ? 0 : tile.level, size)
}

/**
 * The files an append that was cut short left behind: tiles beyond the checkpoint and temporary files. Looks along the
 * right edge only, so it costs the same for every size. The caller holds the log's lock.
 */
export async function findLeftovers(deps: Pick<Deps, 'fs'>, dir: string, size: number): Promise<readonly string[]> {
  const found: string[] = []
  for await (const file of listLogFiles(deps, dir, (directory) => !isLeftOfEdge(directory, size))) {
    if (file.kind === 'temporary' || (file.tile !== undefined && liesBeyond(file.tile, size))) found.push(file.path)
  }
  return found
}

/** Whether all tiles a directory may hold are full ones of a tree of `size` entries, so that no append can have touched it since. */
function isLeftOfEdge(directory: string, size: number): boolean {
  const [, level, ...groups] = directory.split('/')
  if (level === undefined || groups.length === 0) return false
  const count = hashesAt(level === 'entries' ? 0 : Number(level), size)
  const edge = tilePath({ level: 0, index: Math.floor(count / TILE_WIDTH), width: TILE_WIDTH })
    .split('/')
    .slice(2)
  if (groups.length > edge.length) return false
  return digits(groups) < digits(edge.slice(0, groups.length))
}

function digits(groups: readonly string[]): number {
  return Number(groups.join('').replaceAll('x', '').replace('.p', ''))
}
