import { join } from 'node:path'
import type { ImageTarget } from '../artifact/image-source.ts'
import { openTarget } from '../artifact/open.ts'
import type { RegistryOptions } from '../artifact/open.ts'
import { parseReference } from '../artifact/reference.ts'
import { openSourcePool } from '../artifact/source-pool.ts'
import type { LogKey } from '../ledger/log-key.ts'
import type { Ledger } from '../ledger/log.ts'
import type { Deps } from '../kernel/deps.ts'
import { once } from '../kernel/once.ts'
import { openDataDir, resolveCacheDir, resolveDataDir } from '../store/data-dir.ts'
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
  // Whoever only verifies needs neither locks nor a ledger: each is loaded when it is first asked for.
  const locked: Workspace['exclusively'] = async (name, fn, waitMs) => {
    const { withLock } = await import('../store/lock.ts')
    return await withLock(deps, join(dataDir, 'locks', `${name}.lock`), fn, waitMs === undefined ? {} : { waitMs })
  }
  const layoutAt = (path: string, lockName: string): Promise<ImageTarget> =>
    openTarget(deps, { scheme: 'oci', path }, { ...registryOptions, lock: (_path, fn) => locked(lockName, fn) })
  const logKey = once(async () => {
    await made()
    const { openLogKey } = await import('../ledger/log-key.ts')
    return await openLogKey(deps, join(dataDir, 'keys'))
  })
  return {
    deps,
    dataDir,
    cacheDir: resolveCacheDir(deps.env),
    registryOptions,
    blobs: openDirectoryBlobs(deps, join(dataDir, 'blobs')),
    logKey,
    ledger: once(async () => {
      const { openLedger } = await import('../ledger/log.ts')
      return await openLedger(deps, { dir: join(dataDir, 'ledger'), ...(await logKey()), lock: (fn) => locked('ledger', fn) })
    }),
    environment: async (project, name, registry) => {
      if (registry === 'default') {
        const path = join(dataDir, 'registry', project, name)
        return { target: await layoutAt(path, `registry-${project}-${name}`), prefix: `oci:${path}` }
      }
      const target = await openTarget(deps, parseReference(registry), registryOptions)
      return { target, prefix: registry.replace(/^registry:/, '') }
    },
    evidenceLayout: once(() => layoutAt(join(dataDir, 'evidence'), 'evidence')),
    exclusively: locked,
  }
}
