import { resolve } from 'node:path'
import { guessReference } from '../artifact/guess-reference.ts'
import type { SealRequest, SealedArtifact } from '../chain/seal-artifact.ts'
import type { Context, OptionSpec } from './command.ts'
import { openSignerOf, openWorkspaceOf } from './context.ts'
import { predicateWord } from './render/verdict.ts'

/** Flags of `sign` and `attest`: where the result goes. */
export const SEAL_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  bundle: { type: 'string', value: 'OUT', help: 'also write the Sigstore bundle here (one line more, for .jsonl)' },
  to: { type: 'string', value: 'REPOSITORY', help: 'attach to this registry/repository or oci:DIR' },
}

/** What `sign` and `attest` share: artifact, key, places. */
export async function sealRequestOf(context: Context, artifact: string): Promise<Omit<SealRequest, 'predicateType' | 'predicate'>> {
  const workspace = await openWorkspaceOf(context)
  const reference = await guessReference(context.deps, artifact)
  const { signer, kind } = await openSignerOf(context, workspace)
  const bundle = context.flags.text('bundle')
  const to = context.flags.text('to')
  return {
    workspace,
    reference,
    signer,
    signerKind: kind,
    ...(bundle === undefined ? {} : { bundleFile: resolve(context.cwd, bundle) }),
    ...(to === undefined ? {} : { to }),
  }
}

/** What was signed, by whom, where it is. */
export function printSealed(context: Context, sealed: SealedArtifact): void {
  const { terminal, flags } = context
  if (flags.text('format') === 'json') {
    terminal.out(JSON.stringify(sealed))
    return
  }
  terminal.out(`signed     ${predicateWord(sealed.predicateType)} of ${sealed.artifact}`)
  terminal.out(
    `by         ${sealed.signer.kind === 'local' ? 'the local key of this machine (proves only this machine)' : 'key'} ${sealed.signer.keyId}`,
  )
  terminal.out(`bundle     ${sealed.bundle}`)
  terminal.out(`logged     entry ${sealed.log.index} of ${sealed.log.size}`)
  for (const place of sealed.places) terminal.out(`kept in    ${place}`)
}
