import { join } from 'node:path'
import type { Artifact } from '../artifact/artifact.ts'
import type { ImageSource } from '../artifact/image-source.ts'
import { openSource } from '../artifact/open.ts'
import { formatReference, parseReference } from '../artifact/reference.ts'
import type { Reference } from '../artifact/reference.ts'
import { resolveArtifact } from '../artifact/resolve.ts'
import { wrappedFileOf } from '../artifact/wrap.ts'
import type { UnverifiedEvidence } from '../evidence/evidence.ts'
import { findEvidence } from '../evidence/find.ts'
import { readEvidenceFile, readSidecars } from '../evidence/sidecar.ts'
import type { Digest } from '../kernel/digest.ts'
import { fail } from '../kernel/errors.ts'
import { lookupTag } from './publish.ts'
import type { Workspace } from './workspace.ts'

export type GatherRequest = {
  readonly reference: Reference
  /** Evidence files named by hand. */
  readonly bundles: readonly string[]
  /** Another place to look for evidence: registry/repository or an OCI layout. */
  readonly from?: string
  /** Whether the data directory is looked into. */
  readonly dataDirectory: boolean
}

/** An artifact and all evidence about it that could be found, none of it verified. */
export type Gathered = { readonly artifact: Artifact; readonly source: ImageSource | undefined; readonly found: readonly UnverifiedEvidence[]; readonly looked: readonly string[] }

/**
 * Looks for evidence in a fixed order. A file: --bundle, sidecars, --from, the data directory. A manifest: --bundle, where
 * it is (referrers, fallback tag, cosign's tags), --from, the data directory. A tag is resolved once.
 */
export async function gather(workspace: Workspace, request: GatherRequest): Promise<Gathered> {
  const { deps } = workspace
  const { artifact: resolved, source } = await resolveArtifact(deps, request.reference, workspace.registryOptions)
  const looked: string[] = []
  const found: UnverifiedEvidence[] = []
  for (const file of request.bundles) {
    looked.push(file)
    found.push(...(await readEvidenceFile(deps, file)))
  }
  let artifact = resolved
  if (resolved.kind === 'file' && request.reference.scheme === 'file') {
    const sidecars = await readSidecars(deps, request.reference.path)
    found.push(...sidecars.found)
    looked.push(...sidecars.looked)
  } else if (source !== undefined) {
    const there = await findEvidence(source, resolved.digest)
    found.push(...there.found)
    looked.push(...there.looked)
  }
  for (const place of await elsewhere(workspace, request)) {
    const at = await locate(place, resolved)
    looked.push(`${place.name}${at === undefined ? ' (not there)' : ''}`)
    if (at === undefined) continue
    const there = await findEvidence(place, at.digest)
    found.push(...there.found)
    if (at.kind === 'manifest' && artifact.kind === 'file') artifact = at
  }
  return { artifact, source, found, looked }
}

async function elsewhere(workspace: Workspace, request: GatherRequest): Promise<readonly ImageSource[]> {
  const places: ImageSource[] = []
  if (request.from !== undefined) {
    const reference = parseReference(request.from)
    if (reference.scheme === 'file') throw fail('reference-invalid', 'is neither registry/repository nor oci:DIR', { where: `--from ${request.from}` })
    places.push(await openSource(workspace.deps, reference, workspace.registryOptions))
  }
  if (request.dataDirectory) {
    for (const layout of await dataLayouts(workspace)) {
      if (formatReference({ scheme: 'oci', path: layout }) !== referenceRoot(request.reference)) places.push(await openSource(workspace.deps, { scheme: 'oci', path: layout }, workspace.registryOptions))
    }
  }
  return places
}

function referenceRoot(reference: Reference): string {
  return reference.scheme === 'oci' ? formatReference({ scheme: 'oci', path: reference.path }) : ''
}

/** The OCI layouts of the data directory: evidence made here, then each environment, sorted. */
async function dataLayouts(workspace: Workspace): Promise<readonly string[]> {
  const { fs } = workspace.deps
  const candidates = [join(workspace.dataDir, 'evidence')]
  const registry = join(workspace.dataDir, 'registry')
  const names = await fs.readdir(registry).catch(() => [] as string[])
  for (const name of names.toSorted()) candidates.push(join(registry, name))
  const layouts: string[] = []
  for (const candidate of candidates) {
    const marker = await fs.stat(join(candidate, 'oci-layout')).catch(() => undefined)
    if (marker !== undefined) layouts.push(candidate)
  }
  return layouts
}

/** The artifact as a place knows it: the manifest itself, or the manifest that wraps the file. The wrapping is read, not believed. */
async function locate(place: ImageSource, artifact: Artifact): Promise<Artifact | undefined> {
  if (artifact.kind === 'manifest') return (await place.manifest(artifact.digest)) === undefined ? undefined : artifact
  const descriptor = await place.resolveTag(lookupTag(artifact.digest))
  return descriptor === undefined ? undefined : await wrapperOf(place, descriptor.digest, artifact)
}

async function wrapperOf(place: ImageSource, digest: Digest, file: Extract<Artifact, { kind: 'file' }>): Promise<Artifact | undefined> {
  const manifest = await place.manifest(digest)
  const inside = manifest === undefined ? undefined : wrappedFileOf(manifest.bytes)
  if (manifest === undefined || inside === undefined || inside.digest !== file.digest || inside.size !== file.size) return undefined
  const { mediaType, size } = manifest.descriptor
  return { kind: 'manifest', digest, size, mediaType, name: file.name, file: inside }
}
