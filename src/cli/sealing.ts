import { resolve } from 'node:path'
import { guessReference } from '../artifact/guess-reference.ts'
import type { Reference } from '../artifact/reference.ts'
import type { SealRequest, SealedArtifact } from '../chain/seal-artifact.ts'
import type { Context, OptionSpec } from './command.ts'
import { openSignerOf, openWorkspaceOf } from './context.ts'
import { isKeyless, openKeylessOf, witnessedOf } from './keyless.ts'
import { field } from './render/layout.ts'
import { predicateWord } from './render/verdict.ts'

/** Flags of commands that sign: where the result goes. */
export const SEAL_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  yes: { type: 'boolean', short: 'y', help: 'ask nothing' },
  bundle: { type: 'string', value: 'OUT', help: 'also write the Sigstore bundle here (one line more, for .jsonl)' },
  to: { type: 'string', value: 'REPOSITORY', help: 'attach to this registry/repository or oci:DIR' },
}

/** What `sign` and `attest` share: artifact, key, places. */
export async function sealRequestOf(context: Context, artifact: string): Promise<Omit<SealRequest, 'predicateType' | 'predicate'>> {
  return await requestFor(context, await guessReference(context.deps, artifact), 'local')
}

/** The same for `sign-blob` and `attest-blob`, where the word is a file, whatever its content. */
export async function blobRequestOf(context: Context, file: string): Promise<Omit<SealRequest, 'predicateType' | 'predicate'>> {
  return await requestFor(context, { scheme: 'file', path: resolve(context.cwd, file) }, 'keyless')
}

async function requestFor(
  context: Context,
  reference: Reference,
  withoutKey: 'local' | 'keyless',
): Promise<Omit<SealRequest, 'predicateType' | 'predicate'>> {
  const workspace = await openWorkspaceOf(context)
  const opened = isKeyless(context, withoutKey)
    ? await openKeylessOf(context)
    : await witnessedOf(context, await openSignerOf(context, workspace))
  const bundle = context.flags.text('bundle')
  const to = context.flags.text('to')
  return {
    workspace,
    reference,
    signer: opened.signer,
    signerKind: opened.kind,
    ...(opened.kind === 'identity' ? { identity: opened.identity } : {}),
    ...(bundle === undefined ? {} : { bundleFile: resolve(context.cwd, bundle) }),
    ...(to === undefined ? {} : { to }),
    ...(context.flags.on('no-upload') || context.flags.text('upload') === 'false' ? { attach: false } : {}),
  }
}

/** What was signed, by whom, where it is. */
export function printSealed(context: Context, sealed: SealedArtifact): void {
  const { terminal, flags } = context
  if (flags.text('format') === 'json') {
    terminal.out(JSON.stringify(sealed))
    return
  }
  const { signer, log } = sealed
  terminal.out(
    [
      ...field(terminal, 'signed', `${predicateWord(sealed.predicateType)} of`, sealed.artifact),
      ...field(terminal, 'by', ...signerText(signer)),
      ...field(terminal, 'bundle', sealed.bundle),
      ...field(terminal, 'logged', `entry ${log.index} of ${log.size}`),
      ...field(terminal, 'kept in', ...sealed.places),
    ].join('\n'),
  )
}

function signerText({ kind, keyId, identity }: SealedArtifact['signer']): readonly string[] {
  if (identity !== undefined) return [`${identity.subject} (identity, by ${identity.issuer})`]
  return [kind === 'local' ? 'the local key of this machine (proves only this machine)' : 'the key', keyId]
}
