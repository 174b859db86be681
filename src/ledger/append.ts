import { dirname, join } from 'node:path'
import { flushDirectory } from '../kernel/atomic-file.ts'
import type { Deps } from '../kernel/deps.ts'
import { fail } from '../kernel/errors.ts'
import type { LogEntry } from '../kernel/log-proof.ts'
import { entryBytes } from './entry.ts'
import { extendIndex, findIndexed } from './envelope-index.ts'
import { readHead, writeHead } from './head.ts'
import type { Head, LogPlace } from './head.ts'
import { findLeftovers } from './log-files.ts'
import { EMPTY_ROOT, leafHash, sameHash } from './merkle.ts'
import { readTiles } from './tile-reader.ts'
import { TILE_WIDTH, bundleBytes, edgeRoot, growTree, hashesAt, tileBytes, tilePath } from './tiles.ts'
import type { Edge, Tile } from './tiles.ts'

type AppendDeps = Pick<Deps, 'fs' | 'randomBytes' | 'log'>

/** An entry and where it stands in the log. */
export type Appended = { readonly index: number; readonly entry: LogEntry }

/**
 * Appends what the log has not yet, by envelope digest, and says where each entry stands, in the order given. The caller
 * holds the log's lock. Everything a checkpoint speaks of is flushed before the checkpoint takes its name, so a kill or a
 * full disk at any point leaves the log as it was or as it shall be. Throws `log-unsound` rather than build on tiles that
 * do not lead to the signed root.
 */
export async function appendEntries(deps: AppendDeps, place: LogPlace, entries: readonly LogEntry[]): Promise<readonly Appended[]> {
  const encoded = entries.map((entry) => ({ entry, bytes: entryBytes(entry) }))
  if (encoded.length === 0) return []
  const head = await startLog(deps, place)
  const known = new Map(
    await findIndexed(
      deps,
      place,
      head.size,
      entries.map((entry) => entry.envelope),
    ),
  )
  const fresh: { entry: LogEntry; bytes: Uint8Array }[] = []
  for (const one of encoded) {
    if (known.has(one.entry.envelope)) continue
    known.set(one.entry.envelope, { index: head.size + fresh.length, entry: one.entry })
    fresh.push(one)
  }
  if (fresh.length > 0) {
    await dropLeftovers(deps, place, head.size)
    await growLog(
      deps,
      place,
      head,
      fresh.map((one) => one.bytes),
    )
    await afterwards(deps, 'the index of the log', () =>
      extendIndex(
        deps,
        place,
        head.size,
        fresh.map((one) => one.entry.envelope),
      ),
    )
  }
  return entries.map((entry) => known.get(entry.envelope) as Appended)
}

/** The head to build on. A log's first file is its empty checkpoint, so that tiles without one always mean that it was lost. */
async function startLog(deps: AppendDeps, place: LogPlace): Promise<Head> {
  const head = await readHead(deps, place)
  if (head.note !== undefined) return head
  await deps.fs.mkdir(place.dir, { recursive: true })
  await flushDirectory(deps, dirname(place.dir))
  return { ...head, note: await writeHead(deps, place, 0, EMPTY_ROOT) }
}

async function dropLeftovers(deps: AppendDeps, place: LogPlace, size: number): Promise<void> {
  const leftovers = await findLeftovers(deps, place.dir, size)
  if (leftovers.length === 0) return
  deps.log(
    'warn',
    `the log was cut short while it grew: removing ${leftovers.length} unfinished files after entry ${size} (${leftovers[0]} …)`,
  )
  const paths = leftovers.map((path) => join(place.dir, path))
  for (const path of paths) await deps.fs.rm(path)
  for (const directory of new Set(paths.map((path) => dirname(path)))) await flushDirectory(deps, directory)
}

async function growLog(deps: AppendDeps, place: LogPlace, head: Head, entries: readonly Uint8Array[]): Promise<void> {
  const { edge, bundle } = await readEdge(deps, place, head)
  const writer = newFiles(deps, place.dir)
  const tree = growTree(edge)
  let open = [...bundle]
  let size = head.size
  for (const entry of entries) {
    size += 1
    open.push(entry)
    if (open.length === TILE_WIDTH) {
      await writer.write({ level: 'entries', index: size / TILE_WIDTH - 1, width: TILE_WIDTH }, bundleBytes(open))
      open = []
    }
    for (const { level, hashes } of tree.add(leafHash(entry))) {
      await writer.write({ level, index: hashesAt(level + 1, size) - 1, width: TILE_WIDTH }, tileBytes(hashes))
    }
  }
  if (open.length > 0) await writer.write(edgeTile('entries', size), bundleBytes(open))
  for (const [level, row] of tree.edge().entries()) {
    if (row.length > 0 && hashesAt(level, size) > hashesAt(level, head.size)) await writer.write(edgeTile(level, size), tileBytes(row))
  }
  await writer.flushDirectories()
  await writeHead(deps, place, size, edgeRoot(tree.edge()))
  await afterwards(deps, 'partial tiles that became full', () => dropFilledPartials(deps, place.dir, head.size, size))
}

/** The unfinished tiles and bundle new entries go into; proven against the signed root before anything is built on them. */
async function readEdge(deps: AppendDeps, place: LogPlace, head: Head): Promise<{ edge: Edge; bundle: readonly Uint8Array[] }> {
  const reader = readTiles(deps, place.dir, head.size)
  const edge = await reader.edge()
  if (!sameHash(edgeRoot(edge), head.root))
    throw fail('log-unsound', 'the tiles at its end do not lead to the root of its checkpoint', { where: place.dir })
  const bundle = head.size % TILE_WIDTH === 0 ? [] : await reader.bundle(Math.floor(head.size / TILE_WIDTH))
  return { edge, bundle }
}

function edgeTile(level: number | 'entries', size: number): Tile {
  const count = hashesAt(level === 'entries' ? 0 : level, size)
  return { level, index: Math.floor(count / TILE_WIDTH), width: count % TILE_WIDTH }
}

/** Writes files that no checkpoint speaks of yet; none may be there already. */
function newFiles(deps: Pick<Deps, 'fs'>, dir: string) {
  const directories = new Set<string>()
  return {
    write: async (tile: Tile, bytes: Uint8Array): Promise<void> => {
      const path = join(dir, tilePath(tile))
      if (!directories.has(dirname(path))) {
        await deps.fs.mkdir(dirname(path), { recursive: true })
        for (let above = dirname(path); above.length >= dir.length; above = dirname(above)) directories.add(above)
      }
      const handle = await deps.fs.open(path, 'wx', 0o644)
      try {
        await handle.writeFile(bytes)
        await handle.sync()
      } finally {
        await handle.close()
      }
    },
    flushDirectories: async (): Promise<void> => {
      for (const directory of directories) await flushDirectory(deps, directory)
    },
  }
}

/** Partial tiles may go once the full one is there (C2SP tlog-tiles, "Partial Tiles"); whoever reads by an older checkpoint takes the full one. */
async function dropFilledPartials(deps: Pick<Deps, 'fs'>, dir: string, before: number, after: number): Promise<void> {
  for (let level = 0; hashesAt(level, before) > 0; level += 1) {
    const tile = edgeTile(level, before)
    if (tile.width === 0 || hashesAt(level + 1, after) <= tile.index) continue
    for (const kind of level === 0 ? (['entries', 0] as const) : [level]) {
      await deps.fs.rm(join(dir, `${tilePath({ level: kind, index: tile.index, width: TILE_WIDTH })}.p`), { recursive: true, force: true })
    }
  }
}

/** What comes after the checkpoint only tidies up: the entries are in the log, so its failure must not say they are not. */
async function afterwards(deps: Pick<Deps, 'log'>, what: string, tidy: () => Promise<void>): Promise<void> {
  try {
    await tidy()
  } catch (error) {
    deps.log('warn', `could not tidy up ${what}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
