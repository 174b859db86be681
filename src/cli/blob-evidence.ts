import { resolve } from 'node:path'
import type { Artifact } from '../artifact/artifact.ts'
import { resolveArtifact } from '../artifact/resolve.ts'
import type { Content } from '../artifact/content.ts'
import type { Workspace } from '../chain/workspace.ts'
import { collectEvidence } from '../evidence/collect.ts'
import type { Found } from '../evidence/collect.ts'
import { bundleOfParts, readOldBlobBundle } from '../evidence/cosign-blob-bundle.ts'
import { findSidecars, readSidecar } from '../evidence/sidecar.ts'
import { fromBase64, readAll, textOf, utf8 } from '../kernel/bytes.ts'
import { digestOf, isDigest } from '../kernel/digest.ts'
import { fail } from '../kernel/errors.ts'
import { LIMITS } from '../kernel/limits.ts'
import { readFileBounded, passFile } from '../kernel/read-file.ts'
import { readPemCertificates } from '../trust/sigstore/pem-certificates.ts'
import type { Context, OptionSpec } from './command.ts'

/** Flags of cosign's verbs about files: where the evidence is. */
export const BLOB_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  bundle: {
    type: 'string',
    value: 'FILE',
    help: 'Sigstore bundle, or the bundle of cosign before 3',
    default: 'FILE.sigstore.json beside the file',
  },
}
/** The parts cosign before 3 kept apart. */
export const DETACHED_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  signature: { type: 'string', value: 'FILE', help: 'signature in base64: a file, or the text itself' },
  certificate: { type: 'string', value: 'FILE', help: 'with --signature: certificate in PEM, or base64 of it' },
  'rfc3161-timestamp': { type: 'string', value: 'FILE', help: 'with --signature: timestamp response, DER' },
}

export type Blob = { readonly artifact: Artifact; readonly content?: Content; readonly path?: string }

/** The file a word names: a path, `-` for stdin, or `sha256:…` where only its digest is at hand. */
export async function openBlob(context: Context, workspace: Workspace, word: string): Promise<Blob> {
  const { deps, cwd } = context
  if (word === '-') {
    const bytes = await readAll(context.stdin(), LIMITS.fileReadBytes, 'fileReadBytes', 'stdin')
    const content = async function* () {
      yield bytes
    }
    return { artifact: { kind: 'file', digest: digestOf(bytes), size: bytes.byteLength, name: 'stdin' }, content }
  }
  const path = resolve(cwd, word)
  if (isDigest(word) && (await deps.fs.stat(path).catch(() => undefined)) === undefined) {
    return { artifact: { kind: 'file', digest: word, size: 0, name: word } }
  }
  const { artifact } = await resolveArtifact(deps, { scheme: 'file', path }, workspace.registryOptions)
  return { artifact, content: () => passFile(deps, path), path }
}

/** The evidence about a file: --bundle, --signature and what belongs to it, else what lies beside the file. */
export async function blobEvidence(context: Context, blob: Blob): Promise<Found> {
  const { flags, deps, cwd } = context
  const [bundle, signature] = [flags.text('bundle'), flags.text('signature')]
  if (bundle !== undefined && signature !== undefined)
    throw fail('usage', 'and --signature say the same thing twice', { where: '--bundle' })
  if (signature !== undefined) return await detached(context, signature)
  for (const flag of ['certificate', 'rfc3161-timestamp']) {
    if (flags.text(flag) !== undefined) throw fail('usage', 'belongs to --signature, which is missing', { where: `--${flag}` })
  }
  if (bundle !== undefined) {
    const bytes = await readFileBounded(deps, resolve(cwd, bundle), 'evidenceBytes')
    const old = bundle.endsWith('.jsonl') ? undefined : oldBundle(bytes, bundle)
    return old === undefined ? await readSidecar(deps, resolve(cwd, bundle), bytes) : kept(old, bundle)
  }
  if (blob.path === undefined) throw fail('usage', 'is missing: no file lies here beside which evidence could be', { where: '--bundle' })
  return await findSidecars(deps, blob.path)
}

/** What is no JSON at all is left to whoever reads bundles, and refused there. */
function oldBundle(bytes: Uint8Array, where: string): Uint8Array | undefined {
  if (!Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes('"base64Signature"')) return undefined
  const parts = readOldBlobBundle(bytes, where, (pem) => readPemCertificates(pem, where))
  return parts === undefined ? undefined : bundleOfParts(parts, where)
}

async function detached(context: Context, signature: string): Promise<Found> {
  const { flags, deps, cwd } = context
  const [certificate, timestamp] = [flags.text('certificate'), flags.text('rfc3161-timestamp')]
  const text = textOf(await readValue(context, signature), 'evidence-malformed', '--signature').trim()
  const pem = certificate === undefined ? '' : textOf(await readValue(context, certificate), 'evidence-malformed', '--certificate')
  const parts = {
    signature: fromBase64(text, 'evidence-malformed', '--signature'),
    certificates:
      certificate === undefined ? [] : readPemCertificates(pem.includes('-----BEGIN') ? pem : textOf(fromBase64(pem.trim())), certificate),
    timestamps: timestamp === undefined ? [] : [await readFileBounded(deps, resolve(cwd, timestamp), 'timestampBytes')],
  }
  if (certificate !== undefined && parts.certificates.length === 0)
    throw fail('evidence-malformed', 'holds no certificate in PEM', { where: certificate })
  return kept(bundleOfParts(parts, '--signature'), '--signature')
}

/** A file, or the text itself where there is no such file, as cosign takes both. */
async function readValue({ deps, cwd }: Context, text: string): Promise<Uint8Array> {
  const path = resolve(cwd, text)
  const isFile = text.length <= LIMITS.referenceBytes && (await deps.fs.stat(path).catch(() => undefined))?.isFile() === true
  return isFile ? await readFileBounded(deps, path, 'keyFileBytes') : utf8(text)
}

function kept(bytes: Uint8Array, where: string): Found {
  const into = collectEvidence()
  into.keep({ bytes, form: 'bundle', where, annotations: {} })
  into.look(`${where}: there`)
  return into.result()
}
