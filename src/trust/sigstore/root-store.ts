import { join } from 'node:path'
import { z } from 'zod'
import { writeFileAtomic } from '../../kernel/atomic-file.ts'
import type { Deps } from '../../kernel/deps.ts'
import { digestOf, hexOf, isDigest } from '../../kernel/digest.ts'
import type { Digest } from '../../kernel/digest.ts'
import { asTallyError, fail } from '../../kernel/errors.ts'
import { canonicalBytes, parseJson } from '../../kernel/json.ts'
import { packageRoot } from '../../kernel/package-root.ts'
import { readFileBounded, readFileIfThere } from '../../kernel/read-file.ts'
import { readShape } from '../../kernel/shape.ts'
import { withLock } from '../../store/lock.ts'
import { parseTrustedRoot } from './trusted-root.ts'
import type { TrustedRoot } from './trusted-root.ts'
import { PUBLIC_REPOSITORY, readStartRoot, stateFolderOf } from './repository.ts'
import type { Repository } from './repository.ts'
import { readMetadata } from './tuf/metadata.ts'
import { refreshTargets } from './tuf/refresh.ts'
import type { Keep, TufState } from './tuf/refresh.ts'

type StoreDeps = Pick<Deps, 'fs' | 'fetch' | 'now' | 'randomBytes' | 'signal' | 'log'>

/** The day the root that is shipped (data/sigstore-public-good) counts as refreshed. */
const SHIPPED = '2026-11-05T00:00:00Z'
const TARGET = 'trusted_root.json'
const SIGNING = 'signing_config.v0.2.json'
const DAY_MS = 86_400_000

/** Ages of a root, in days: from the first on it is refreshed when it is used, and warned about where it cannot be; from the second on it is refused. */
export const ROOT_AGE = { staleDays: 30, refusedDays: 180 } as const

export type RootOptions = {
  readonly dataDir: string
  /** No call is made. */
  readonly offline: boolean
  /** Whether a root that is too old is used all the same, with a warning. */
  readonly allowStale: boolean
  /** Another TUF repository than the one that is followed so far. */
  readonly repository?: NewRepository
}

/** A repository to follow from now on: its address as `readMirror` gives it, and the root to start from, by default the shipped one. */
export type NewRepository = { readonly mirror: string; readonly root?: Uint8Array }

/** A root and where it is from: shipped with the program, refreshed by TUF, or pinned by somebody. `refreshed` in RFC 3339; a pinned one never counts as stale. */
export type StoredRoot = {
  readonly root: TrustedRoot
  readonly bytes: Uint8Array
  readonly from: 'shipped' | 'refreshed' | 'pinned'
  readonly refreshed: string
  /** What the next refresh asks. */
  readonly repository: Repository
}

/** Which file is the root: it is named by its digest, so that one write of the note changes all at once. */
const noteSchema = z.object({
  from: z.enum(['refreshed', 'pinned']),
  refreshed: z.iso.datetime(),
  root: z.string().refine(isDigest, 'is not a digest'),
  signing: z.string().refine(isDigest, 'is not a digest').optional(),
  /** What is followed, where it is not the public repository. */
  repository: z.strictObject({ mirror: z.url().max(2048), root: z.string().refine(isDigest, 'is not a digest').optional() }).optional(),
})
type Note = z.infer<typeof noteSchema>

/** The root in force as it is, without asking whether it is stale: the data directory's, else the shipped one. Throws `config-invalid`. */
export async function readStoredRoot(deps: Pick<Deps, 'fs'>, dataDir: string): Promise<StoredRoot> {
  const note = await readNote(deps, dataDir)
  if (note === undefined || isOutdated(note)) return { ...(await readShippedRoot(deps)), repository: repositoryOf(note) }
  const { bytes, path } = await readKept(deps, dataDir, note.root, TARGET)
  return { root: parseTrustedRoot(bytes, path), bytes, from: note.from, refreshed: note.refreshed, repository: repositoryOf(note) }
}

function repositoryOf(note: Note | undefined): Repository {
  const { mirror, root } = note?.repository ?? PUBLIC_REPOSITORY
  return { mirror, ...(root === undefined ? {} : { root }) }
}

/**
 * The services that sign for the instance in force, as they are kept beside the root: refreshed with it by TUF, else, of the public
 * instance, the shipped ones. Out: the bytes of a signing configuration, and where they are from. Throws `config-invalid`, also for an
 * instance of somebody's own that names none: what is signed for it must not go to the public one.
 */
export async function readStoredSigning(
  deps: Pick<Deps, 'fs'>,
  dataDir: string,
): Promise<{ readonly bytes: Uint8Array; readonly path: string }> {
  const note = await readNote(deps, dataDir)
  if (note?.signing !== undefined && !isOutdated(note)) return await readKept(deps, dataDir, note.signing, SIGNING)
  const { mirror, root } = repositoryOf(note)
  if (root === undefined) return await readShippedSigning(deps)
  throw fail('config-invalid', `names no services that sign (${SIGNING})`, { where: mirror, hint: 'name them with --signing-config' })
}

/** The services of the public instance as this program brought them. */
export async function readShippedSigning(deps: Pick<Deps, 'fs'>): Promise<{ readonly bytes: Uint8Array; readonly path: string }> {
  return { bytes: await readFileBounded(deps, shippedFile(SIGNING), 'configBytes'), path: `the shipped ${SIGNING}` }
}

/** What is kept in a data directory. */
async function readNote(deps: Pick<Deps, 'fs'>, dataDir: string): Promise<Note | undefined> {
  const where = join(folderOf(dataDir), 'note.json')
  const bytes = await readFileIfThere(deps, where, 'trustedRootBytes')
  if (bytes === undefined) return undefined
  return readShape(noteSchema, parseJson(bytes, where, { code: 'config-invalid' }), where, 'config-invalid')
}

/** Whether this program brings something newer of the same instance. */
function isOutdated({ from, refreshed, repository }: Note): boolean {
  return from === 'refreshed' && repository?.root === undefined && refreshed < SHIPPED
}

/** A kept file, which must have the digest that names it. */
async function readKept(
  deps: Pick<Deps, 'fs'>,
  dataDir: string,
  digest: Digest,
  name: string,
): Promise<{ bytes: Uint8Array; path: string }> {
  const path = fileOf(folderOf(dataDir), digest, name)
  const bytes = await readFileBounded(deps, path, 'trustedRootBytes')
  if (digestOf(bytes) === digest) return { bytes, path }
  throw fail('config-invalid', `is not the ${name === TARGET ? 'trusted root' : 'signing configuration'} that was kept here`, {
    where: path,
    hint: 'run `tally trust update`, or pin it again',
  })
}

/** The root of the public instance as this program brought it. */
export async function readShippedRoot(deps: Pick<Deps, 'fs'>): Promise<StoredRoot> {
  const bytes = await readFileBounded(deps, shippedFile(TARGET), 'trustedRootBytes')
  return {
    root: parseTrustedRoot(bytes, 'the shipped trusted root'),
    bytes,
    from: 'shipped',
    refreshed: SHIPPED,
    repository: PUBLIC_REPOSITORY,
  }
}

/**
 * The root to verify with. A stale one is refreshed first, unless `offline`; where that fails there is a warning, and above
 * ROOT_AGE.refusedDays a refusal that `allowStale` turns into a warning. Throws `root-stale`.
 */
export async function openRoot(deps: StoreDeps, options: RootOptions): Promise<TrustedRoot> {
  const stored = await readStoredRoot(deps, options.dataDir)
  const days = ageInDays(stored, deps.now())
  if (days < ROOT_AGE.staleDays) return stored.root
  const failed = options.offline ? 'it was not refreshed: --offline' : await tryRefresh(deps, options)
  if (failed === undefined) return (await readStoredRoot(deps, options.dataDir)).root
  if (days >= ROOT_AGE.refusedDays && !options.allowStale) {
    throw fail('root-stale', `was last refreshed ${days} days ago, and is refused from ${ROOT_AGE.refusedDays} days on (${failed})`, {
      where: `the ${stored.from} Sigstore root`,
      hint: 'run `tally trust update`, name a root with --trusted-root, or use --insecure-allow-stale-root',
    })
  }
  deps.log('warn', `the ${stored.from} Sigstore root was last refreshed ${days} days ago; run \`tally trust update\` (${failed})`)
  return stored.root
}

/** Whole days since a root was refreshed; 0 for a pinned one. */
export function ageInDays({ from, refreshed }: Pick<StoredRoot, 'from' | 'refreshed'>, now: Date): number {
  return from === 'pinned' ? 0 : Math.max(0, Math.floor((now.valueOf() - Date.parse(refreshed)) / DAY_MS))
}

async function tryRefresh(deps: StoreDeps, options: RootOptions): Promise<string | undefined> {
  try {
    await refreshRoot(deps, options)
    return undefined
  } catch (error) {
    const known = asTallyError(error)
    if (known.code === 'interrupted' || known.code === 'bug') throw known
    return `${known.where ?? 'TUF'}: ${known.message}`
  }
}

/**
 * Refreshes the root by TUF, also a pinned one, whose pin is then gone: from the repository that is followed, or from another, which is
 * followed from then on. Until all of a refresh succeeded, the root in force stays. Out: the new root. Throws what `refreshTargets`
 * throws, `offline`, and `config-invalid` for a root to start from that is none.
 */
export async function refreshRoot(deps: StoreDeps, options: Omit<RootOptions, 'allowStale'>): Promise<StoredRoot> {
  const { dataDir } = options
  const repository = options.repository === undefined ? repositoryOf(await readNote(deps, dataDir)) : identified(options.repository)
  if (options.offline) throw fail('offline', 'the Sigstore root is refreshed over the network', { where: repository.mirror })
  const folder = stateFolderOf(folderOf(dataDir), repository)
  return await withLock(deps, join(dataDir, 'locks', 'sigstore-root.lock'), async () => {
    await deps.fs.mkdir(folder, { recursive: true, mode: 0o700 })
    const names = [{ name: TARGET }, { name: SIGNING, optional: true }]
    const known = await readTufState(deps, folder, repository, options.repository?.root)
    const keep: Keep = (role, bytes) => writeFileAtomic(deps, join(folder, `${role}.json`), bytes)
    const { state, targets } = await refreshTargets(deps, repository.mirror, known, names, keep)
    const target = targets.get(TARGET) ?? new Uint8Array(0)
    parseTrustedRoot(target, `${repository.mirror}${TARGET}`)
    // The one there was to start from, where there was no newer.
    await keep('root', state.root)
    await keepRoot(deps, folderOf(dataDir), { bytes: target, from: 'refreshed', repository }, targets.get(SIGNING))
    return await readStoredRoot(deps, dataDir)
  })
}

function identified({ mirror, root }: NewRepository): Repository {
  return { mirror, ...(root === undefined ? {} : { root: readStartRoot(root, 'the root to start from') }) }
}

/** Makes a root the one of this data directory, until it is refreshed or another is pinned. In: the bytes and where they are from. Throws `config-invalid`. */
export async function pinRoot(deps: StoreDeps, dataDir: string, bytes: Uint8Array, where: string): Promise<StoredRoot> {
  parseTrustedRoot(bytes, where)
  return await withLock(deps, join(dataDir, 'locks', 'sigstore-root.lock'), async () => {
    await deps.fs.mkdir(folderOf(dataDir), { recursive: true, mode: 0o700 })
    // The next refresh asks whom it would have asked.
    const repository = repositoryOf(await readNote(deps, dataDir))
    await keepRoot(deps, folderOf(dataDir), { bytes, from: 'pinned', repository })
    return await readStoredRoot(deps, dataDir)
  })
}

async function keepRoot(
  deps: StoreDeps,
  folder: string,
  { bytes, from, repository }: { readonly bytes: Uint8Array; readonly from: 'refreshed' | 'pinned'; readonly repository: Repository },
  signingBytes?: Uint8Array,
): Promise<void> {
  const root = digestOf(bytes)
  await writeFileAtomic(deps, fileOf(folder, root, TARGET), bytes)
  const signing = signingBytes === undefined ? {} : { signing: digestOf(signingBytes) }
  if (signingBytes !== undefined) await writeFileAtomic(deps, fileOf(folder, digestOf(signingBytes), SIGNING), signingBytes)
  const followed = isPublic(repository) ? {} : { repository }
  const note = { from, refreshed: deps.now().toISOString(), root, ...signing, ...followed }
  await writeFileAtomic(deps, join(folder, 'note.json'), canonicalBytes(note))
}

function fileOf(folder: string, digest: Digest, name: string): string {
  return join(folder, `${hexOf(digest)}.${name}`)
}

/** What TUF left the last time. Where a repository starts from the shipped root, the newer of that and the kept one is where to start. */
async function readTufState(deps: StoreDeps, folder: string, repository: Repository, given: Uint8Array | undefined): Promise<TufState> {
  const path = join(folder, 'root.json')
  const kept = await readFileIfThere(deps, path, 'trustedRootBytes')
  const state: { -readonly [K in keyof TufState]: TufState[K] } = { root: await startRoot(deps, repository, kept, given, path) }
  for (const role of ['timestamp', 'snapshot', 'targets'] as const) {
    const bytes = await readFileIfThere(deps, join(folder, `${role}.json`), 'trustedRootBytes')
    if (bytes !== undefined) state[role] = bytes
  }
  return state
}

async function startRoot(
  deps: StoreDeps,
  { mirror, root }: Repository,
  kept: Uint8Array | undefined,
  given: Uint8Array | undefined,
  path: string,
): Promise<Uint8Array> {
  if (root !== undefined) {
    const start = kept ?? given
    if (start !== undefined) return start
    throw fail('config-invalid', 'has lost the root it was followed from', {
      where: mirror,
      hint: 'run `tally trust update` with --mirror and --root',
    })
  }
  const shipped = await readFileBounded(deps, shippedFile('root.json'), 'tufMetadataBytes')
  const versionOf = (bytes: Uint8Array) => readMetadata('root', bytes, path).signed.version
  return kept === undefined || versionOf(kept) < versionOf(shipped) ? shipped : kept
}

function isPublic({ mirror, root }: Repository): boolean {
  return mirror === PUBLIC_REPOSITORY.mirror && root === undefined
}

function folderOf(dataDir: string): string {
  return join(dataDir, 'sigstore')
}

function shippedFile(name: string): string {
  return join(packageRoot(), 'data', 'sigstore-public-good', name)
}
