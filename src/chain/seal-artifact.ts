import type { Artifact, Descriptor } from '../artifact/artifact.ts'
import type { ImageTarget } from '../artifact/image-source.ts'
import { openTarget } from '../artifact/open.ts'
import { formatReference, parseReference } from '../artifact/reference.ts'
import type { Reference } from '../artifact/reference.ts'
import { resolveArtifact } from '../artifact/resolve.ts'
import { addToSidecar, writeSidecar } from '../evidence/sidecar.ts'
import { toBase64, utf8 } from '../kernel/bytes.ts'
import { digestOf, hexOf } from '../kernel/digest.ts'
import { fail } from '../kernel/errors.ts'
import { readFileStream } from '../kernel/read-file.ts'
import type { Identity } from '../trust/open-signer.ts'
import type { Signer } from '../trust/signer.ts'
import { shippableFile } from './publish.ts'
import { attachLogged, logSealed, seal, sealMessage, shownProof } from './seal.ts'
import type { Logged, Sealed } from './seal.ts'
import type { Workspace } from './workspace.ts'
import { openedCheckpoint } from '../ledger/checkpoint-facts.ts'

export type SealRequest = {
  readonly workspace: Workspace
  readonly reference: Reference
  readonly signer: Signer
  readonly signerKind: 'local' | 'key' | 'identity'
  /** Who signs, where it is by identity. */
  readonly identity?: Identity
  /** A statement about the artifact, or, for a file, a signature over its own bytes as `cosign sign-blob` makes. */
  readonly form?: 'statement' | 'message'
  readonly predicateType: string
  readonly predicate: unknown
  /** Said on the statement's first subject. */
  readonly annotations?: Readonly<Record<string, string>>
  /** Whether it is attached where the artifact is; else only on this machine. Default: attached. */
  readonly attach?: boolean
  /** File the bundle is written to; a `.jsonl` file gets one line more. */
  readonly bundleFile?: string
  /** Repository or layout the evidence is attached in, beside where the artifact is. */
  readonly to?: string
}

/** What `sign --format json` prints. */
export type SealedArtifact = {
  readonly artifact: string
  readonly predicateType: string
  readonly bundle: string
  readonly signer: { readonly keyId: string; readonly kind: 'local' | 'key' | 'identity'; readonly identity?: Identity }
  readonly log: { readonly index: number; readonly size: number; readonly root: string }
  readonly places: readonly string[]
  /** The signature alone, base64, where it is over the bytes of a file. */
  readonly signature?: string
}

/**
 * Signs one statement about an artifact: signed bytes first, then the log, then every place it is kept. A file is kept
 * through its wrapping manifest in this machine's evidence layout (and --to); a manifest where it is.
 */
export async function sealArtifact(request: SealRequest): Promise<SealedArtifact> {
  const { workspace, signer, reference } = request
  const { deps } = workspace
  const { artifact, source } = await resolveArtifact(deps, reference, workspace.registryOptions)
  const { about, subject, push } = subjectOf(request, artifact)
  const { sealed, signature } = await sealAs(request, about)
  const [logged] = await logSealed(workspace, signer, [sealed])
  if (logged === undefined) throw fail('bug', 'one statement was signed and none logged')
  const places: string[] = []
  for (const target of await placesOf(
    request,
    source !== undefined && request.attach !== false && (reference.scheme === 'registry' || reference.scheme === 'oci'),
  )) {
    await push(target)
    await attachLogged(workspace, target, subject, [logged], deps.now().toISOString())
    places.push(target.name)
  }
  if (request.bundleFile !== undefined) places.push(await writeBundle(workspace, request.bundleFile, logged))
  const { size, root } = openedCheckpoint(logged.proof.checkpoint)
  return {
    artifact: artifact.digest,
    predicateType: request.predicateType,
    bundle: logged.bundle,
    signer: {
      keyId: signer.keyId,
      kind: request.signerKind,
      ...(request.identity === undefined ? {} : { identity: request.identity }),
    },
    log: { index: logged.index, size, root },
    places,
    ...(signature === undefined ? {} : { signature: toBase64(signature) }),
  }
}

async function sealAs(request: SealRequest, about: Artifact): Promise<{ readonly sealed: Sealed; readonly signature?: Uint8Array }> {
  const { workspace, signer, reference } = request
  if (request.form !== 'message') {
    return { sealed: await seal(workspace, signer, about, request.predicateType, request.predicate, request.annotations) }
  }
  const file = about.kind === 'manifest' ? about.file : about
  if (reference.scheme !== 'file' || file === undefined) {
    throw fail('usage', 'is no file, and only the bytes of a file are signed themselves', {
      where: formatReference(reference),
      hint: 'sign it with `tally sign`',
    })
  }
  const { signature, ...sealed } = await sealMessage(workspace, signer, file, readFileStream(workspace.deps, reference.path))
  return { sealed, signature }
}

type SubjectOf = { readonly about: Artifact; readonly subject: Descriptor; readonly push: (target: ImageTarget) => Promise<void> }

function subjectOf(request: SealRequest, artifact: Artifact): SubjectOf {
  const { workspace, reference } = request
  if (artifact.kind === 'manifest')
    return {
      about: artifact,
      subject: { mediaType: artifact.mediaType, digest: artifact.digest, size: artifact.size },
      push: async () => {},
    }
  if (reference.scheme !== 'file')
    throw fail('artifact-malformed', 'has no manifest that evidence could be attached to', {
      where: formatReference(reference),
      hint: 'sign the file itself: file:PATH',
    })
  const shippable = shippableFile(workspace.deps, reference.path, artifact)
  return { about: shippable.artifact, subject: shippable.subject, push: (target) => shippable.push(target, workspace.deps.signal) }
}

async function placesOf(request: SealRequest, attachInPlace: boolean): Promise<readonly ImageTarget[]> {
  const { workspace, reference, to } = request
  const places: ImageTarget[] = [
    attachInPlace ? await openTarget(workspace.deps, reference, workspace.registryOptions) : await workspace.evidenceLayout(),
  ]
  if (to !== undefined) places.push(await openTarget(workspace.deps, parseReference(to), workspace.registryOptions))
  return places
}

async function writeBundle(workspace: Workspace, file: string, logged: Logged): Promise<string> {
  const bytes = await workspace.blobs.get(logged.bundle)
  if (bytes === undefined) throw fail('bug', `signed bytes ${logged.bundle} are missing from the blob store`)
  // Bundle and proof are two files, and a .jsonl is read before it is written: two signers of one file take turns.
  await workspace.exclusively(`sidecar-${hexOf(digestOf(utf8(file))).slice(0, 32)}`, async () => {
    const proof = shownProof(bytes, logged)
    if (file.endsWith('.jsonl')) await addToSidecar(workspace.deps, file, bytes, proof)
    else await writeSidecar(workspace.deps, file, bytes, proof)
  })
  return file
}
