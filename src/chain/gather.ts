import { join } from 'node:path'
import type { Artifact } from '../artifact/artifact.ts'
import { contentOf } from '../artifact/content.ts'
import type { Content } from '../artifact/content.ts'
import type { ImageSource } from '../artifact/image-source.ts'
import { openSource } from '../artifact/open.ts'
import { formatReference, parseReference } from '../artifact/reference.ts'
import type { Reference } from '../artifact/reference.ts'
import { resolveArtifact } from '../artifact/resolve.ts'
import type { FileSystem } from '../kernel/deps.ts'
import type { Found } from '../evidence/collect.ts'
import { findSidecars, readSidecar } from '../evidence/sidecar.ts'
import type { Digest } from '../kernel/digest.ts'
import { fail } from '../kernel/errors.ts'
import type { Workspace } from './workspace.ts'

export type GatherRequest = {
  readonly reference: Reference
  /** Evidence files named by hand. */
  readonly bundles: readonly string[]
  /** Evidence that was read before, as if from a bundle file. */
  readonly given?: Found
  /** Another place to look for evidence: registry/repository or an OCI layout. */
  readonly from?: string
  /** Whether the data directory is looked into. */
  readonly dataDirectory: boolean
}

/** An artifact and all evidence about it that could be found, none of it verified. */
export type Gathered = Found & {
  readonly artifact: Artifact
  readonly source: ImageSource | undefined
  /** The bytes of the file, where the artifact is one, for signatures over the bytes themselves. */
  readonly content?: Content
}

/**
 * Looks for evidence in a fixed order. A file: --bundle, sidecars, --from, the data directory. A manifest: --bundle, where
 * it is (referrers, fallback tag, cosign's tags), --from, the data directory. A tag is resolved once.
 */
export async function gather(workspace: Workspace, request: GatherRequest): Promise<Gathered> {
  const { deps } = workspace
  const { artifact: resolved, source } = await resolveArtifact(deps, request.reference, workspace.registryOptions)
  const parts: Found[] = request.given === undefined ? [] : [request.given]
  for (const file of request.bundles) parts.push(await readSidecar(deps, file))
  let artifact = resolved
  if (resolved.kind === 'file' && request.reference.scheme === 'file') parts.push(await findSidecars(deps, request.reference.path))
  else if (source !== undefined) parts.push(await findAt(source, resolved.digest))
  for (const place of await elsewhere(workspace, request)) {
    const at = await locate(place, resolved)
    if (at === undefined) {
      parts.push({ found: [], unreadable: [], looked: [`${place.name}: not there`] })
      continue
    }
    parts.push(await findAt(place, at.digest))
    if (at.kind === 'manifest' && artifact.kind === 'file') artifact = at
  }
  const content = contentOf(deps, request.reference, resolved, source)
  return {
    artifact,
    source,
    ...(content === undefined ? {} : { content }),
    found: parts.flatMap((part) => part.found),
    unreadable: parts.flatMap((part) => part.unreadable),
    looked: parts.flatMap((part) => part.looked),
  }
}

/** What is attached to manifests is looked for only where there is a place for them. */
async function findAt(source: ImageSource, digest: Digest): Promise<Found> {
  const { findEvidence } = await import('../evidence/find.ts')
  return await findEvidence(source, digest)
}

async function elsewhere(workspace: Workspace, request: GatherRequest): Promise<readonly ImageSource[]> {
  const places: ImageSource[] = []
  if (request.from !== undefined) {
    const reference = parseReference(request.from)
    if (reference.scheme === 'file')
      throw fail('reference-invalid', 'is neither registry/repository nor oci:DIR', { where: `--from ${request.from}` })
    places.push(await openSource(workspace.deps, reference, workspace.registryOptions))
  }
  if (request.dataDirectory) {
    for (const layout of await dataLayouts(workspace)) {
      if (formatReference({ scheme: 'oci', path: layout }) !== referenceRoot(request.reference))
        places.push(await openSource(workspace.deps, { scheme: 'oci', path: layout }, workspace.registryOptions))
    }
  }
  return places
}

function referenceRoot(reference: Reference): string {
  return reference.scheme === 'oci' ? formatReference({ scheme: 'oci', path: reference.path }) : ''
}

/** The OCI layouts of the data directory: evidence made here, then each project's environments, sorted. */
async function dataLayouts(workspace: Workspace): Promise<readonly string[]> {
  const { fs } = workspace.deps
  const candidates = [join(workspace.dataDir, 'evidence')]
  const registry = join(workspace.dataDir, 'registry')
  for (const project of await namesIn(fs, registry)) {
    for (const environment of await namesIn(fs, join(registry, project))) candidates.push(join(registry, project, environment))
  }
  const layouts: string[] = []
  for (const candidate of candidates) {
    const marker = await fs.stat(join(candidate, 'oci-layout')).catch(() => undefined)
    if (marker !== undefined) layouts.push(candidate)
  }
  return layouts
}

async function namesIn(fs: FileSystem, path: string): Promise<readonly string[]> {
  return (await fs.readdir(path).catch(() => [] as string[])).toSorted()
}

/** The artifact as a place knows it: the manifest itself, or the manifest that wraps the file. The wrapping is read, not believed. */
async function locate(place: ImageSource, artifact: Artifact): Promise<Artifact | undefined> {
  if (artifact.kind === 'manifest') return artifact
  const { lookupTag } = await import('../artifact/wrap.ts')
  const descriptor = await place.resolveTag(lookupTag(artifact.digest))
  return descriptor === undefined ? undefined : await wrapperOf(place, descriptor.digest, artifact)
}

async function wrapperOf(place: ImageSource, digest: Digest, file: Extract<Artifact, { kind: 'file' }>): Promise<Artifact | undefined> {
  const manifest = await place.manifest(digest)
  const { wrappedFileOf } = await import('../artifact/wrap.ts')
  const inside = manifest === undefined ? undefined : wrappedFileOf(manifest)
  if (manifest === undefined || inside === undefined || inside.digest !== file.digest || inside.size !== file.size) return undefined
  const { mediaType, size } = manifest.descriptor
  return { kind: 'manifest', digest, size, mediaType, name: file.name, file: inside }
}
