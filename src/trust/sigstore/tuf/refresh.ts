import { sendHttp } from '../../../artifact/registry/http.ts'
import type { HttpDeps } from '../../../artifact/registry/http.ts'
import { fail } from '../../../kernel/errors.ts'
import { LIMITS } from '../../../kernel/limits.ts'
import { isoTime } from '../time-range.ts'
import { safeText, shorten } from '../../../kernel/text.ts'
import { findTarget } from './delegations.ts'
import type { ReadRole } from './delegations.ts'
import { readMetadata, refuseOther } from './metadata.ts'
import type { RoleName, TufRoot, TufSnapshot, TufTargets } from './metadata.ts'

/** What one refresh leaves for the next: versions may only grow. The bytes are as they were served. */
export type TufState = {
  readonly root: Uint8Array
  readonly timestamp?: Uint8Array
  readonly snapshot?: Uint8Array
  readonly targets?: Uint8Array
}

/** Keeps what was verified, in the place of what was kept of this role before. */
export type Keep = (role: RoleName, bytes: Uint8Array) => Promise<void>

export type Refreshed = { readonly state: Required<TufState>; readonly targets: ReadonlyMap<string, Uint8Array> }

/**
 * Fetches targets of a TUF repository by the client workflow of the specification (1.0.33, 5.3 to 5.7): roots one by one, then
 * timestamp, snapshot and targets, each signed by enough keys, not expired, not older than what was seen before, and the one the
 * last promised; targets are looked for in delegated roles too. In: where the repository is (and its files, by default `targets/` in there), what is trusted so far, the targets; an optional one may be
 * missing; and what keeps metadata, called for each as soon as it is verified (5.3.8, 5.4.5, 5.5.7, 5.6.6), so that keys that were replaced
 * count no more, and nothing older is taken, even where the rest of the refresh fails. Out: the targets by name, and what to keep. No credential is ever sent, and no redirect followed.
 * Throws `signature-invalid`, `digest-mismatch`, `evidence-malformed`, `limit-exceeded`, `network`.
 */
export async function refreshTargets(
  deps: HttpDeps,
  repository: string,
  known: TufState,
  names: readonly { readonly name: string; readonly optional?: boolean }[],
  keep: Keep,
  targetsUrl = new URL('targets/', folderUrl(repository)).href,
): Promise<Refreshed> {
  const get = getter(deps, repository)
  const getTarget = getter(deps, targetsUrl)
  const root = await refreshRoot(get, known.root, keep)
  const trusted = root.signed

  const timestamp = readVerified('timestamp', await get('timestamp.json'), trusted, 'timestamp.json')
  const before = known.timestamp === undefined ? undefined : readKnown('timestamp', known.timestamp, trusted)
  const snapshotFile = timestamp.signed.meta['snapshot.json']
  refuseOlder('timestamp.json', timestamp.signed.version, before?.version)
  refuseOlder('snapshot.json', snapshotFile.version, before?.meta['snapshot.json'].version)
  refuseExpired('timestamp.json', timestamp.signed.expires, deps.now())
  await keep('timestamp', timestamp.bytes)

  const snapshotBytes = await get(`${snapshotFile.version}.snapshot.json`)
  refuseOther(snapshotBytes, snapshotFile, 'snapshot.json')
  const snapshot = readVerified('snapshot', snapshotBytes, trusted, 'snapshot.json')
  refuseVersion('snapshot.json', snapshot.signed.version, snapshotFile.version)
  const targetsFile = snapshot.signed.meta['targets.json']
  if (targetsFile === undefined) throw fail('evidence-malformed', 'names no targets.json', { where: 'snapshot.json' })
  const snapshotBefore = known.snapshot === undefined ? undefined : readKnown('snapshot', known.snapshot, trusted)
  for (const [name, { version }] of Object.entries(snapshotBefore?.meta ?? {})) {
    if (!Object.hasOwn(snapshot.signed.meta, name)) {
      throw fail('digest-mismatch', `names no ${shorten(safeText(name), 100)}, which it named before`, { where: 'snapshot.json' })
    }
    refuseOlder(name, snapshot.signed.meta[name]?.version ?? 0, version)
  }
  refuseExpired('snapshot.json', snapshot.signed.expires, deps.now())
  await keep('snapshot', snapshotBytes)

  const targetsBytes = await get(`${targetsFile.version}.targets.json`)
  refuseOther(targetsBytes, targetsFile, 'targets.json')
  const targets = readVerified('targets', targetsBytes, trusted, 'targets.json')
  refuseVersion('targets.json', targets.signed.version, targetsFile.version)
  refuseExpired('targets.json', targets.signed.expires, deps.now())
  await keep('targets', targetsBytes)

  const read = roleReader(get, snapshot.signed, deps.now())
  const found = new Map<string, Uint8Array>()
  for (const { name, optional = false } of names) {
    const promised = await findTarget(name, targets.signed, read)
    if (promised === undefined && optional) continue
    const hash = promised?.hashes.sha256 ?? promised?.hashes.sha512
    if (promised === undefined || hash === undefined || !/^[0-9a-f]{64,128}$/.test(hash)) {
      throw fail('evidence-malformed', `has no target ${name} with a hash`, { where: 'targets.json' })
    }
    const target = await getTarget(consistentName(name, hash))
    refuseOther(target, promised, name)
    found.set(name, target)
  }
  return { state: { root: root.bytes, timestamp: timestamp.bytes, snapshot: snapshotBytes, targets: targetsBytes }, targets: found }
}

type Get = (path: string) => Promise<Uint8Array>

/** Reads the metadata of delegated roles, by the same rules as that of the targets at the top; each once. */
function roleReader(get: Get, { meta }: TufSnapshot, now: Date): ReadRole {
  const kept = new Map<string, TufTargets>()
  return async (role, by) => {
    const where = `${role}.json`
    // Who delegates decides whose keys count: the same role by others is read anew.
    const question = `${role} ${JSON.stringify(by)}`
    const before = kept.get(question)
    if (before !== undefined) return before
    const file = Object.hasOwn(meta, where) ? meta[where] : undefined
    if (file === undefined) throw fail('evidence-malformed', `names no ${shorten(safeText(where), 100)}`, { where: 'snapshot.json' })
    const bytes = await get(`${file.version}.${encodeURIComponent(role)}.json`)
    refuseOther(bytes, file, where)
    const read = readMetadata('targets', bytes, where)
    read.verify(by, role)
    refuseVersion(where, read.signed.version, file.version)
    refuseExpired(where, read.signed.expires, now)
    kept.set(question, read.signed)
    return read.signed
  }
}

/** Follows the chain of roots: each is signed by the one before and by itself, and is the very next. Only the last must not be expired. */
async function refreshRoot(
  get: ReturnType<typeof getter>,
  known: Uint8Array,
  keep: Keep,
): Promise<{ readonly bytes: Uint8Array; readonly signed: TufRoot }> {
  let bytes = known
  let { signed } = readMetadata('root', known, 'root.json')
  for (let count = 0; ; count += 1) {
    const name = `${signed.version + 1}.root.json`
    const next = await get.optional(name)
    if (next === undefined) break
    if (count >= LIMITS.tufRoots) throw fail('limit-exceeded', `is over the cap tufRoots (${LIMITS.tufRoots})`, { where: name })
    const read = readMetadata('root', next, name)
    read.verify(signed, 'root')
    read.verify(read.signed, 'root')
    refuseVersion(name, read.signed.version, signed.version + 1)
    bytes = next
    signed = read.signed
    await keep('root', bytes)
  }
  refuseExpired('root.json', signed.expires, get.now())
  return { bytes, signed }
}

function readVerified<R extends Exclude<RoleName, 'root'>>(role: R, bytes: Uint8Array, root: TufRoot, where: string) {
  const read = readMetadata(role, bytes, where)
  read.verify(root, role)
  return { ...read, bytes }
}

/** What was kept counts only if the keys of today still stand behind it: after a key was replaced, versions may start anew. */
function readKnown<R extends Exclude<RoleName, 'root'>>(
  role: R,
  bytes: Uint8Array,
  root: TufRoot,
): ReturnType<typeof readMetadata<R>>['signed'] | undefined {
  try {
    const read = readMetadata(role, bytes, `kept ${role}.json`)
    read.verify(root, role)
    return read.signed
  } catch {
    return undefined // The same as having kept nothing.
  }
}

function refuseOlder(where: string, version: number, before: number | undefined): void {
  if (before === undefined || version >= before) return
  throw fail('digest-mismatch', `is version ${version}, and ${before} was there before: somebody serves old metadata`, { where })
}

function refuseVersion(where: string, version: number, promised: number): void {
  if (version !== promised) throw fail('digest-mismatch', `is version ${version} where ${promised} was promised`, { where })
}

function refuseExpired(where: string, expires: number, now: Date): void {
  if (expires > now.valueOf()) return
  throw fail('digest-mismatch', `expired at ${isoTime(expires)}: somebody serves old metadata, or the clock here is wrong`, { where })
}

/** Where a target is: its hash stands before the last part of its name (TUF specification, 5.7.3). */
function consistentName(name: string, hash: string): string {
  const parts = name.split('/').map(encodeURIComponent)
  return [...parts.slice(0, -1), `${hash}.${parts.at(-1) ?? ''}`].join('/')
}

function folderUrl(address: string): URL {
  return new URL(address.endsWith('/') ? address : `${address}/`)
}

function getter(deps: HttpDeps, repository: string) {
  const base = folderUrl(repository)
  const isLoopback = ['127.0.0.1', '[::1]', 'localhost'].includes(base.hostname)
  if (base.protocol !== 'https:' && !isLoopback) throw fail('insecure-transport', 'is not an https address', { where: base.href })
  const optional = async (path: string): Promise<Uint8Array | undefined> => {
    const answer = await sendHttp(deps, { method: 'GET', url: new URL(path, base), repeatable: true })
    if (answer.status === 200) return await answer.bytes('tufMetadataBytes')
    await answer.drop()
    if (answer.status === 404 || answer.status === 403) return undefined
    throw fail('network', `answered ${answer.status}`, { where: `${base.origin}${base.pathname}${path}` })
  }
  const get: Get = async (path) => {
    const bytes = await optional(path)
    if (bytes === undefined) throw fail('network', 'is not there', { where: `${base.origin}${base.pathname}${path}` })
    return bytes
  }
  return Object.assign(get, { optional, now: deps.now })
}
