import { join } from 'node:path'
import { z } from 'zod'
import { writeFileAtomic } from '../../kernel/atomic-file.ts'
import type { Deps } from '../../kernel/deps.ts'
import { digestOf, hexOf, isDigest } from '../../kernel/digest.ts'
import type { Digest } from '../../kernel/digest.ts'
import { TallyError, asTallyError, fail } from '../../kernel/errors.ts'
import { canonicalBytes, parseJson } from '../../kernel/json.ts'
import { packageRoot } from '../../kernel/package-root.ts'
import { readFileBounded } from '../../kernel/read-file.ts'
import { readShape } from '../../kernel/shape.ts'
import { withLock } from '../../store/lock.ts'
import { parseTrustedRoot } from './trusted-root.ts'
import type { TrustedRoot } from './trusted-root.ts'
import { readMetadata } from './tuf/metadata.ts'
import { refreshTargets } from './tuf/refresh.ts'
import type { TufState } from './tuf/refresh.ts'

type StoreDeps = Pick<Deps, 'fs' | 'fetch' | 'now' | 'randomBytes' | 'signal' | 'log'>

/** The instance whose root is shipped (data/sigstore-public-good), and the day that root counts as refreshed. */
const PUBLIC_GOOD = { repository: 'https://tuf-repo-cdn.sigstore.dev', refreshed: '2026-11-05T00:00:00Z' } as const
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
  /** Where the TUF repository is; for mirrors and tests. */
  readonly repository?: string
}

/** A root and where it is from: shipped with the program, refreshed by TUF, or pinned by somebody. `refreshed` in RFC 3339; a pinned one never counts as stale. */
export type StoredRoot = {
  readonly root: TrustedRoot
  readonly bytes: Uint8Array
  readonly from: 'shipped' | 'refreshed' | 'pinned'
  readonly refreshed: string
}

/** Which file is the root: it is named by its digest, so that one write of the note changes all at once. */
const noteSchema = z.object({
  from: z.enum(['refreshed', 'pinned']),
  refreshed: z.iso.datetime(),
  root: z.string().refine(isDigest, 'is not a digest'),
  signing: z.string().refine(isDigest, 'is not a digest').optional(),
})

/** The root in force as it is, without asking whether it is stale: the data directory's, else the shipped one. Throws `config-invalid`. */
export async function readStoredRoot(deps: Pick<Deps, 'fs'>, dataDir: string): Promise<StoredRoot> {
  const note = await readNote(deps, dataDir)
  if (note === undefined) return await readShippedRoot(deps)
  const { bytes, path } = await readKept(deps, dataDir, note.root, TARGET)
  return { root: parseTrustedRoot(bytes, path), bytes, from: note.from, refreshed: note.refreshed }
}

/**
 * The services that sign for the public instance, as they are kept beside the root: refreshed with it by TUF, else the shipped ones.
 * Out: the bytes of a signing configuration, and where they are from. Throws `config-invalid`.
 */
export async function readStoredSigning(
  deps: Pick<Deps, 'fs'>,
  dataDir: string,
): Promise<{ readonly bytes: Uint8Array; readonly path: string }> {
  const note = await readNote(deps, dataDir)
  if (note?.signing !== undefined) return await readKept(deps, dataDir, note.signing, SIGNING)
  return await readShippedSigning(deps)
}

/** The services of the public instance as this program brought them. */
export async function readShippedSigning(deps: Pick<Deps, 'fs'>): Promise<{ readonly bytes: Uint8Array; readonly path: string }> {
  return { bytes: await readFileBounded(deps, shippedFile(SIGNING), 'configBytes'), path: `the shipped ${SIGNING}` }
}

/** What is kept in a data directory; nothing where this program brings something newer. */
async function readNote(deps: Pick<Deps, 'fs'>, dataDir: string): Promise<z.infer<typeof noteSchema> | undefined> {
  const where = join(folderOf(dataDir), 'note.json')
  const bytes = await readIfThere(deps, where)
  if (bytes === undefined) return undefined
  const note = readShape(noteSchema, parseJson(bytes, where, { code: 'config-invalid' }), where, 'config-invalid')
  return note.from === 'pinned' || note.refreshed >= PUBLIC_GOOD.refreshed ? note : undefined
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
  return { root: parseTrustedRoot(bytes, 'the shipped trusted root'), bytes, from: 'shipped', refreshed: PUBLIC_GOOD.refreshed }
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

/** Refreshes the root by TUF, also a pinned one, whose pin is then gone. Out: the new root. Throws what `refreshTargets` throws, and `offline`. */
export async function refreshRoot(deps: StoreDeps, options: Omit<RootOptions, 'allowStale'>): Promise<StoredRoot> {
  const repository = options.repository ?? PUBLIC_GOOD.repository
  if (options.offline) throw fail('offline', 'the Sigstore root is refreshed over the network', { where: repository })
  const folder = folderOf(options.dataDir)
  return await withLock(deps, join(options.dataDir, 'locks', 'sigstore-root.lock'), async () => {
    await deps.fs.mkdir(folder, { recursive: true, mode: 0o700 })
    const names = [{ name: TARGET }, { name: SIGNING, optional: true }]
    const known = await readTufState(deps, folder, repository)
    const keep = (root: Uint8Array) => writeFileAtomic(deps, join(folder, 'root.json'), root)
    const { state, targets } = await refreshTargets(deps, repository, known, names, keep)
    const target = targets.get(TARGET) ?? new Uint8Array(0)
    parseTrustedRoot(target, `${repository}/${TARGET}`)
    for (const role of ['root', 'timestamp', 'snapshot', 'targets'] as const) {
      await writeFileAtomic(deps, join(folder, `${role}.json`), state[role])
    }
    await keepRoot(deps, folder, target, 'refreshed', targets.get(SIGNING))
    return await readStoredRoot(deps, options.dataDir)
  })
}

/** Makes a root the one of this data directory, until it is refreshed or another is pinned. In: the bytes and where they are from. Throws `config-invalid`. */
export async function pinRoot(deps: StoreDeps, dataDir: string, bytes: Uint8Array, where: string): Promise<StoredRoot> {
  parseTrustedRoot(bytes, where)
  return await withLock(deps, join(dataDir, 'locks', 'sigstore-root.lock'), async () => {
    await deps.fs.mkdir(folderOf(dataDir), { recursive: true, mode: 0o700 })
    await keepRoot(deps, folderOf(dataDir), bytes, 'pinned')
    return await readStoredRoot(deps, dataDir)
  })
}

async function keepRoot(
  deps: StoreDeps,
  folder: string,
  bytes: Uint8Array,
  from: 'refreshed' | 'pinned',
  signingBytes?: Uint8Array,
): Promise<void> {
  const root = digestOf(bytes)
  await writeFileAtomic(deps, fileOf(folder, root, TARGET), bytes)
  const signing = signingBytes === undefined ? {} : { signing: digestOf(signingBytes) }
  if (signingBytes !== undefined) await writeFileAtomic(deps, fileOf(folder, digestOf(signingBytes), SIGNING), signingBytes)
  await writeFileAtomic(deps, join(folder, 'note.json'), canonicalBytes({ from, refreshed: deps.now().toISOString(), root, ...signing }))
}

function fileOf(folder: string, digest: Digest, name: string): string {
  return join(folder, `${hexOf(digest)}.${name}`)
}

/** What TUF left the last time. Of the public instance, the newer of the kept and the shipped root is where to start. */
async function readTufState(deps: StoreDeps, folder: string, repository: string): Promise<TufState> {
  const shipped = await readFileBounded(deps, shippedFile('root.json'), 'tufMetadataBytes')
  const path = join(folder, 'root.json')
  const kept = await readIfThere(deps, path)
  const versionOf = (bytes: Uint8Array) => readMetadata('root', bytes, path).signed.version
  const isOld = kept !== undefined && repository === PUBLIC_GOOD.repository && versionOf(kept) < versionOf(shipped)
  const state: { -readonly [K in keyof TufState]: TufState[K] } = { root: kept === undefined || isOld ? shipped : kept }
  for (const role of ['timestamp', 'snapshot', 'targets'] as const) {
    const bytes = await readIfThere(deps, join(folder, `${role}.json`))
    if (bytes !== undefined) state[role] = bytes
  }
  return state
}

function folderOf(dataDir: string): string {
  return join(dataDir, 'sigstore')
}

function shippedFile(name: string): string {
  return join(packageRoot(), 'data', 'sigstore-public-good', name)
}

async function readIfThere(deps: Pick<Deps, 'fs'>, path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFileBounded(deps, path, 'trustedRootBytes')
  } catch (error) {
    if (error instanceof TallyError && error.code === 'not-found') return undefined
    throw error
  }
}
