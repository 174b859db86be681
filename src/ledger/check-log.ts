import { join } from 'node:path'
import type { Deps } from '../kernel/deps.ts'
import { TallyError } from '../kernel/errors.ts'
import { equalBytes, overLimit, toBase64 } from '../kernel/bytes.ts'
import { LIMITS } from '../kernel/limits.ts'
import { readFileBounded } from '../kernel/read-file.ts'
import { checkpointText } from './checkpoint.ts'
import { parseEntry } from './entry.ts'
import { readHead } from './head.ts'
import type { Head, LogPlace } from './head.ts'
import { liesBeyond, listLogFiles } from './log-files.ts'
import { EMPTY_ROOT, HASH_BYTES, leafHash, sameHash } from './merkle.ts'
import type { TreeHash } from './merkle.ts'
import { parseNote } from './note.ts'
import { TILE_WIDTH, bundleBytes, edgeRoot, entriesOf, growTree, hashesAt, hashesOf, tileBytes, tilePath } from './tiles.ts'
import type { Tile } from './tiles.ts'

/** One thing that is wrong, and the file (path under the log's directory) it is wrong in. */
export type LogProblem = { readonly file: string; readonly why: string }

export type LogReport = {
  readonly size: number
  /** Root by the checkpoint, base64. */
  readonly root: string
  /** Files looked at. */
  readonly files: number
  /** At most LIMITS.logProblems; none means that every file is what the signed checkpoint says. */
  readonly problems: readonly LogProblem[]
  /** Files of an append that was cut short: no checkpoint speaks of them, the next append removes them. */
  readonly unfinished: readonly string[]
}

type CheckDeps = Pick<Deps, 'fs' | 'signal'>

/**
 * Checks every file of a log: the checkpoint's signature and form, every tile recomputed from the entries, every partial
 * tile that was kept, and that nothing else lies there. Streams: one bundle is in memory at a time. Throws only for what
 * keeps it from reading (`permission`, `disk`, `limit-exceeded` for more than LIMITS.logFiles files).
 */
export async function checkLog(deps: CheckDeps, place: LogPlace): Promise<LogReport> {
  const problems: LogProblem[] = []
  const report = (file: string, why: string): void => {
    if (problems.length < LIMITS.logProblems) problems.push({ file, why })
  }
  const head = await checkHead(deps, place, report)
  if (head === undefined) return { size: 0, root: toBase64(EMPTY_ROOT), files: 1, problems, unfinished: [] }
  const { files, widths, unfinished } = await takeStock(deps, place.dir, head.size, report)
  await recompute(deps, place.dir, head, widths, report)
  return { size: head.size, root: toBase64(head.root), files, problems, unfinished }
}

type ReportProblem = (file: string, why: string) => void

async function checkHead(deps: CheckDeps, place: LogPlace, report: ReportProblem): Promise<Head | undefined> {
  try {
    const head = await readHead(deps, place)
    const note = head.note === undefined ? undefined : parseNote(head.note)
    // The log writes its checkpoint in one form only; what else stood in it would be covered by no signature we check.
    if (note !== undefined && ('why' in note || note.signatures.length !== 1 || note.text !== checkpointText(head))) {
      report('checkpoint', 'holds more than the checkpoint and the signature of the log')
    }
    return head
  } catch (error) {
    if (!isUnsound(error)) throw error
    report(error.where ?? 'checkpoint', error.message)
    return undefined
  }
}

/** Widths at hand for each tile, and what is no tile. */
async function takeStock(deps: CheckDeps, dir: string, size: number, report: ReportProblem) {
  const widths = new Map<string, number[]>()
  const unfinished: string[] = []
  let files = 0
  for await (const { path, kind, tile } of listLogFiles(deps, dir)) {
    files += 1
    if (files > LIMITS.logFiles) throw overLimit('logFiles', LIMITS.logFiles, dir)
    if (kind === 'unknown') report(path, 'is no file of the log')
    else if (kind === 'temporary' || (tile !== undefined && liesBeyond(tile, size))) unfinished.push(path)
    else if (tile !== undefined) {
      const key = keyOf(tile)
      const known = widths.get(key)
      if (known === undefined) widths.set(key, [tile.width])
      else known.push(tile.width)
    }
  }
  return { files, widths, unfinished }
}

async function recompute(
  deps: CheckDeps,
  dir: string,
  head: Head,
  widths: ReadonlyMap<string, readonly number[]>,
  report: ReportProblem,
): Promise<void> {
  const tree = growTree([])
  const compare = async (tile: Tile, prefix: (width: number) => Uint8Array): Promise<void> => {
    const found = widths.get(keyOf(tile)) ?? []
    for (const width of found.includes(tile.width) ? found : [...found, tile.width]) {
      const path = tilePath({ ...tile, width })
      const bytes = await readBounded(deps, dir, { ...tile, width })
      if (bytes === undefined) report(path, 'is missing')
      else if (!equalBytes(bytes, prefix(width)))
        report(path, tile.level === 'entries' ? 'does not hold the first entries of its bundle' : 'is not what its entries hash to')
    }
  }
  const compareHashes = (level: number, index: number, hashes: readonly TreeHash[]): Promise<void> =>
    compare({ level, index, width: hashes.length }, (width) => tileBytes(hashes.slice(0, width)))

  for (let index = 0; index * TILE_WIDTH < head.size; index += 1) {
    deps.signal.throwIfAborted()
    const bundle: Tile = { level: 'entries', index, width: Math.min(TILE_WIDTH, head.size - index * TILE_WIDTH) }
    const whole = await checkBundle(deps, dir, bundle, report)
    if (whole !== undefined) await compare(bundle, (width) => bundleBytes(whole.entries.slice(0, width)))
    // Without its entries a tile can still carry the ones above, so that one lost bundle does not hide the rest.
    const leaves = whole?.leaves ?? (await readLeaves(deps, dir, bundle))
    if (leaves === undefined)
      return report(tilePath({ ...bundle, level: 0 }), 'is lost with its entries: nothing after it could be checked')
    for (const leaf of leaves) {
      for (const { level, hashes } of tree.add(leaf)) {
        await compareHashes(level, hashesAt(level + 1, index * TILE_WIDTH + bundle.width) - 1, hashes)
      }
    }
  }
  for (const [level, row] of tree.edge().entries()) {
    if (row.length > 0) await compareHashes(level, Math.floor(hashesAt(level, head.size) / TILE_WIDTH), row)
  }
  if (!sameHash(edgeRoot(tree.edge()), head.root)) report('checkpoint', `its root is not that of the ${head.size} entries`)
}

type Bundle = { readonly entries: readonly Uint8Array[]; readonly leaves: readonly TreeHash[] }

/** The entries of a bundle and their hashes, if it holds as many as it should; each entry that is none, and the first that is another than its tile of hashes has, is reported. */
async function checkBundle(deps: CheckDeps, dir: string, bundle: Tile, report: ReportProblem): Promise<Bundle | undefined> {
  const path = tilePath(bundle)
  const bytes = await readBounded(deps, dir, bundle)
  const entries = bytes === undefined ? undefined : entriesOf(bytes)
  if (entries?.length !== bundle.width) {
    report(path, bytes === undefined ? 'is missing or too large' : `does not hold its ${bundle.width} whole entries`)
    return undefined
  }
  for (const [at, entry] of entries.entries()) {
    const parsed = parseEntry(entry)
    if ('why' in parsed) report(path, `entry ${bundle.index * TILE_WIDTH + at} ${parsed.why}`)
  }
  const leaves = entries.map((entry) => leafHash(entry))
  const stored = await readLeaves(deps, dir, bundle)
  const wrong = stored === undefined ? -1 : leaves.findIndex((leaf, at) => !sameHash(leaf, stored[at] as TreeHash))
  if (wrong >= 0) {
    const tile = tilePath({ ...bundle, level: 0 })
    report(path, `entry ${bundle.index * TILE_WIDTH + wrong} is not the one that ${tile} has the hash of; one of the two was changed`)
  }
  return { entries, leaves }
}

async function readLeaves(deps: CheckDeps, dir: string, bundle: Tile): Promise<readonly TreeHash[] | undefined> {
  const bytes = await readBounded(deps, dir, { ...bundle, level: 0 })
  return bytes?.byteLength === bundle.width * HASH_BYTES ? hashesOf(bytes) : undefined
}

async function readBounded(deps: CheckDeps, dir: string, tile: Tile): Promise<Uint8Array | undefined> {
  try {
    return await readFileBounded(deps, join(dir, tilePath(tile)), tile.level === 'entries' ? 'logBundleBytes' : 'logTileBytes')
  } catch (error) {
    if (error instanceof TallyError && (error.code === 'not-found' || error.code === 'limit-exceeded')) return undefined
    throw error
  }
}

function keyOf(tile: Tile): string {
  return `${tile.level}/${tile.index}`
}

function isUnsound(error: unknown): error is TallyError {
  return error instanceof TallyError && (error.code === 'log-unsound' || error.code === 'limit-exceeded')
}
