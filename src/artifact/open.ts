import type { ImageSource, ImageTarget } from './image-source.ts'
import type { Lock } from './oci-layout.ts'
import { formatReference } from './reference.ts'
import type { Reference } from './reference.ts'
import type { SessionOptions } from './registry/session.ts'
import type { SourcePool } from './source-pool.ts'
import type { Deps } from '../kernel/deps.ts'
import { fail } from '../kernel/errors.ts'

/** How registries may be called; nothing of it matters to files. */
export type RegistryOptions = SessionOptions & {
  /** Opens each place once and keeps what it gave: for one run that only reads and asks many questions. */
  readonly pool?: SourcePool
}

/** Opens what a reference names, to read. A registry is not called yet. Throws `reference-invalid` for a plain file, `not-found`. */
export async function openSource(deps: Deps, ref: Reference, options: RegistryOptions): Promise<ImageSource> {
  const { pool } = options
  return pool === undefined ? await openPlace(deps, ref, options) : await pool.take(placeOf(ref), () => openPlace(deps, ref, options))
}

/** The place of a reference without tag and digest. */
function placeOf(ref: Reference): string {
  return ref.scheme === 'registry' ? `registry:${ref.host}/${ref.repository}` : `${ref.scheme}:${ref.path}`
}

// Each kind of place is loaded only where one is named: a file needs none of them.
async function openPlace(deps: Deps, ref: Reference, options: RegistryOptions): Promise<ImageSource> {
  switch (ref.scheme) {
    case 'oci':
      return await (await import('./oci-layout.ts')).openOciLayout(deps, ref.path, { snapshot: options.pool !== undefined })
    case 'oci-archive':
      return await (await import('./oci-archive.ts')).openOciArchive(deps, ref.path)
    case 'docker-archive':
      return await (await import('./docker-archive.ts')).openDockerArchive(deps, ref.path)
    case 'registry':
      return (await import('./registry/registry.ts')).openRegistry(deps, ref, options)
    case 'file':
      throw fail('reference-invalid', 'is a file, not an image', { where: ref.path })
  }
}

/**
 * Opens where images can be written to: an OCI layout (made where there is none) or a registry. `lock` lets several
 * processes write to one layout. Throws `reference-invalid` for what can only be read.
 */
export async function openTarget(deps: Deps, ref: Reference, options: RegistryOptions & { readonly lock?: Lock }): Promise<ImageTarget> {
  if (ref.scheme === 'registry') return (await import('./registry/registry.ts')).openRegistry(deps, ref, options)
  if (ref.scheme === 'oci') {
    const { openOciLayout } = await import('./oci-layout.ts')
    return await openOciLayout(deps, ref.path, { create: true, ...(options.lock === undefined ? {} : { lock: options.lock }) })
  }
  throw fail('reference-invalid', 'cannot be written to', {
    where: formatReference(ref),
    hint: 'name an OCI layout, oci:<folder>, or a repository, host/repository',
  })
}
