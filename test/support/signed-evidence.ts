import { digestOf, digestSetOf } from '../../src/kernel/digest.ts'
import type { Artifact } from '../../src/artifact/artifact.ts'
import { PREDICATE } from '../../src/evidence/evidence.ts'
import type { Statement, UnverifiedEvidence } from '../../src/evidence/evidence.ts'
import { statementBytes } from '../../src/evidence/statement.ts'
import { exportPrivateKey, generateKey, loadPublicKey, loadSigner } from '../../src/trust/keys.ts'
import type { May } from '../../src/trust/receipt.ts'
import { signStatement } from '../../src/trust/sign.ts'
import type { KeyAlgorithm } from '../../src/trust/schemes.ts'
import type { Signer } from '../../src/trust/signer.ts'
import type { Authority, KeyAuthority, Trust } from '../../src/trust/authority.ts'

/** A signer with a new key, plain, for tests. */
export function newSigner(kind: KeyAlgorithm = 'ecdsa-p256'): Signer {
  return loadSigner(exportPrivateKey(generateKey(kind), undefined))
}

export function authorityOf(name: string, signer: Signer, may: readonly May[] = ['any']): KeyAuthority {
  return { name, kind: 'key', key: loadPublicKey(signer.publicKeyPem), may }
}

export function trustOf(...authorities: readonly Authority[]): Trust {
  return { authorities, logKeys: [] }
}

type Manifest = Extract<Artifact, { kind: 'manifest' }>

/** A manifest that wraps a file, with made-up bytes behind both digests. */
export function wrappedArtifact(name = 'app.tgz'): Manifest & { readonly file: NonNullable<Manifest['file']> } {
  const bytes = new TextEncoder().encode(`manifest of ${name}`)
  const file = new TextEncoder().encode(`file ${name}`)
  return {
    kind: 'manifest',
    digest: digestOf(bytes),
    size: bytes.byteLength,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    name,
    file: { digest: digestOf(file), size: file.byteLength, name },
  }
}

export const PROVENANCE = {
  buildDefinition: { buildType: 'https://example.com/build/v1', externalParameters: {} },
  runDetails: { builder: { id: 'https://example.com/builder' }, metadata: { finishedOn: '2026-11-25T10:00:00Z' } },
}

/** A provenance statement about an artifact, manifest first and file second. */
export function provenanceFor(artifact: Artifact): Pick<Statement, 'subject' | 'predicateType' | 'predicate'> {
  const file = artifact.kind === 'manifest' ? artifact.file : undefined
  return {
    subject: [
      { name: artifact.name, digest: digestSetOf(artifact.digest) },
      ...(file === undefined ? [] : [{ name: file.name, digest: digestSetOf(file.digest) }]),
    ],
    predicateType: PREDICATE.provenance,
    predicate: PROVENANCE,
  }
}

export function evidenceOf(
  bytes: Uint8Array,
  form: UnverifiedEvidence['form'] = 'bundle',
  annotations: Readonly<Record<string, string>> = {},
): UnverifiedEvidence {
  return { kind: 'unverified', bytes, form, digest: digestOf(bytes), where: 'test', annotations }
}

/** Signed evidence as it would be found. */
export async function signedEvidence(
  signer: Signer,
  statement: Pick<Statement, 'subject' | 'predicateType' | 'predicate'>,
): Promise<UnverifiedEvidence> {
  return evidenceOf((await signStatement(signer, statementBytes(statement))).bundle)
}
