import type { Descriptor, Artifact } from '../artifact/artifact.ts'
import type { ImageTarget } from '../artifact/image-source.ts'
import { attachBundle } from '../evidence/attach.ts'
import { parseBundle } from '../evidence/bundle.ts'
import { PREDICATE } from '../evidence/evidence.ts'
import type { Subject } from '../evidence/evidence.ts'
import type { LogEntry, LogProof } from '../evidence/log-proof.ts'
import { logEntryOf } from '../evidence/log-entry.ts'
import { parseStatement, statementBytes } from '../evidence/statement.ts'
import { digestSetOf } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import { TallyError, fail } from '../kernel/errors.ts'
import type { BlobStore } from '../store/blobs.ts'
import { noteSignerOf } from '../trust/note-keys.ts'
import type { Signer } from '../trust/signer.ts'
import { signMessage, signStatement } from '../trust/sign.ts'
import type { Workspace } from './workspace.ts'

/** A signed statement whose bytes are in the blob store. */
export type Sealed = {
  readonly predicateType: string
  readonly bundle: Digest
  readonly subjects: readonly Digest[]
  readonly keyId: string
}

export type Logged = Sealed & { readonly index: number; readonly proof: LogProof }

/** Whether signed bytes are in the blob store as they were put there: what a run uses again is hashed again. */
export async function isWhole(blobs: BlobStore, digest: Digest): Promise<boolean> {
  try {
    return (await blobs.get(digest)) !== undefined
  } catch (error) {
    if (error instanceof TallyError && error.code === 'digest-mismatch') return false
    throw error
  }
}

/** The subjects of every statement about an artifact: the manifest first, the file second. */
export function subjectsOf(artifact: Artifact): readonly Subject[] {
  if (artifact.kind === 'file') return [{ name: artifact.name, digest: digestSetOf(artifact.digest) }]
  const manifest: Subject = { name: artifact.name, digest: digestSetOf(artifact.digest) }
  return artifact.file === undefined ? [manifest] : [manifest, { name: artifact.file.name, digest: digestSetOf(artifact.file.digest) }]
}

/**
 * Makes, signs and stores a statement about an artifact. The signed bytes are in the blob store when this returns. Annotations, if any,
 * stand on the first subject, as cosign 3 writes them.
 */
export async function seal(
  workspace: Workspace,
  signer: Signer,
  artifact: Artifact,
  predicateType: string,
  predicate: unknown,
  annotations?: Readonly<Record<string, string>>,
): Promise<Sealed> {
  const [first, ...rest] = subjectsOf(artifact)
  const subject = first === undefined || annotations === undefined ? subjectsOf(artifact) : [{ ...first, annotations }, ...rest]
  const statement = statementBytes({ subject, predicateType, predicate })
  const { bundle } = await signStatement(signer, statement)
  const digest = await workspace.blobs.put(bundle)
  const { subjects } = logEntryOf(parseStatement(statement, 'the statement'), digest, signer.keyId)
  return { predicateType, bundle: digest, subjects, keyId: signer.keyId }
}

/** Signs and stores the bytes of a file themselves. Throws `digest-mismatch` when they are no longer the artifact's. */
export async function sealMessage(
  workspace: Workspace,
  signer: Signer,
  file: Pick<Artifact, 'digest' | 'name'>,
  content: AsyncIterable<Uint8Array>,
): Promise<Sealed & { readonly signature: Uint8Array }> {
  const { bundle, signature, content: read } = await signMessage(signer, content)
  if (read !== file.digest) throw fail('digest-mismatch', 'changed while it was being signed', { where: file.name })
  const digest = await workspace.blobs.put(bundle)
  return { predicateType: PREDICATE.signature, bundle: digest, subjects: [read], keyId: signer.keyId, signature }
}

/** Logs sealed statements (each once, however often it is called) and proves each in the log as it then is; the signer vouches for the checkpoint too. */
export async function logSealed(workspace: Workspace, signer: Signer, sealed: readonly Sealed[]): Promise<readonly Logged[]> {
  const ledger = await workspace.ledger()
  const entries = sealed.map((each): LogEntry => ({
    envelope: each.bundle,
    predicateType: each.predicateType,
    subjects: each.subjects,
    keyId: each.keyId,
  }))
  const appended = await ledger.append(entries)
  // A key made for one signature vouches for nothing later.
  const coSigner = signer.voucher?.certificate === undefined ? { coSigner: noteSignerOf(signer) } : {}
  const logged: Logged[] = []
  for (const [at, each] of sealed.entries()) {
    const index = appended[at]?.index
    if (index === undefined) throw fail('bug', 'the log gave no index for an entry')
    logged.push({ ...each, index, proof: await ledger.prove(index, coSigner) })
  }
  return logged
}

/** Attaches logged statements to a subject at a target, in cosign 3's form with our log proof beside. Repeating it adds nothing. */
export async function attachLogged(
  workspace: Workspace,
  target: ImageTarget,
  subject: Descriptor,
  logged: readonly Logged[],
  created: string,
): Promise<void> {
  for (const each of logged) {
    const bundle = await workspace.blobs.get(each.bundle)
    if (bundle === undefined) throw fail('bug', `signed bytes ${each.bundle} are missing from the blob store`)
    const logProof = shownProof(bundle, each)
    await attachBundle(target, subject, bundle, {
      predicateType: each.predicateType,
      created,
      ...(logProof === undefined ? {} : { logProof }),
    })
  }
}

/**
 * Our log proof, where whoever verifies can know a signer of its checkpoint: the key of the evidence itself. Evidence signed by identity
 * goes without: only this machine knows the key of this machine's log, and what proves its time is Sigstore's.
 */
export function shownProof(bundle: Uint8Array, logged: Logged): LogProof | undefined {
  return parseBundle(bundle, 'the signed bundle').material.kind === 'certificate' ? undefined : logged.proof
}
