import { join } from 'node:path'
import type { ImageTarget } from '../artifact/image-source.ts'
import { openTarget } from '../artifact/open.ts'
import type { RegistryOptions } from '../artifact/open.ts'
import { parseReference } from '../artifact/reference.ts'
import { openSourcePool } from '../artifact/source-pool.ts'
import { openLogKey } from '../ledger/log-key.ts'
import type { LogKey } from '../ledger/log-key.ts'
import { openLedger } from '../ledger/log.ts'
import type { Ledger } from '../ledger/log.ts'
import type { Deps } from '../kernel/deps.ts'
import { openDataDir, resolveCacheDir, resolveDataDir } from '../store/data-dir.ts'
import { withLock } from '../store/lock.ts'
import { openDirectoryBlobs } from '../store/blobs.ts'
import type { BlobStore } from '../store/blobs.ts'

/** The data directory of this machine and what lives in it, each opened when first asked for. */
export type Workspace = {
  readonly deps: Deps
  readonly dataDir: string
  readonly cacheDir: string
  readonly registryOptions: RegistryOptions
  readonly blobs: BlobStore
  readonly ledger: () => Promise<Ledger>
  /** Signs checkpoints of this data directory's log. */
  readonly logKey: () => Promise<LogKey>
  /** An environment's registry: `default` is an OCI layout of the project's own here, so that two projects never share a `current`. Out: target and how it is written in references. */
  readonly environment: (
    project: string,
    name: string,
    registry: string,
  ) => Promise<{ readonly target: ImageTarget; readonly prefix: string }>
  /** Evidence made on this machine outside any environment, as an OCI layout. */
  readonly evidenceLayout: () => Promise<ImageTarget>
  /** Runs `fn` while no other process of this data directory does the same. */
  readonly exclusively: <T>(name: string, fn: () => Promise<T>, waitMs?: number) => Promise<T>
}

export type WorkspaceFlags = {
  readonly dataDir?: string
  readonly offline: boolean
  readonly allowHttp: boolean
  /** The run only reads: each place is opened once and what it gave is kept. */
  readonly readOnly?: boolean
}

/** Opens (and at first makes) the data directory; for a run that only reads none is made. Throws `permission` or `disk` with its path. */
export async function openWorkspace(deps: Deps, flags: WorkspaceFlags): Promise<Workspace> {
  const dataDir = resolveDataDir(deps.env, flags.dataDir)
  const made = once(() => openDataDir(deps, dataDir))
  if (flags.readOnly !== true) await made()
  const registryOptions: RegistryOptions = {
    allowHttp: flags.allowHttp,
    offline: flags.offline,
    sessions: new Map(),
    ...(flags.readOnly === true ? { pool: openSourcePool() } : {}),
  }
  const lockFile = (name: string): string => join(dataDir, 'locks', `${name}.lock`)
  const layoutAt = (path: string, lockName: string): Promise<ImageTarget> =>
    openTarget(deps, { scheme: 'oci', path }, { ...registryOptions, lock: (_path, fn) => withLock(deps, lockFile(lockName), fn) })
  const logKey = once(async () => {
    await made()
    return await openLogKey(deps, join(dataDir, 'keys'))
  })
  return {
    deps,
    dataDir,
    cacheDir: resolveCacheDir(deps.env),
    registryOptions,
    blobs: openDirectoryBlobs(deps, join(dataDir, 'blobs')),
    logKey,
    ledger: once(async () =>
      openLedger(deps, { dir: join(dataDir, 'ledger'), ...(await logKey()), lock: (fn) => withLock(deps, lockFile('ledger'), fn) }),
    ),
    environment: async (project, name, registry) => {
      if (registry === 'default') {
        const path = join(dataDir, 'registry', project, name)
        return { target: await layoutAt(path, `registry-${project}-${name}`), prefix: `oci:${path}` }
      }
      const target = await openTarget(deps, parseReference(registry), registryOptions)
      return { target, prefix: registry.replace(/^registry:/, '') }
    },
    evidenceLayout: once(() => layoutAt(join(dataDir, 'evidence'), 'evidence')),
    exclusively: (name, fn, waitMs) => withLock(deps, lockFile(name), fn, waitMs === undefined ? {} : { waitMs }),
  }
}

/** Makes a lazy value: computed at the first call, the same promise afterwards. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => (made ??= make())
}
