import { resolve } from 'node:path'
import type { Workspace } from '../chain/workspace.ts'
import type { Artifact } from '../artifact/artifact.ts'
import type { Content } from '../artifact/content.ts'
import type { Found } from '../evidence/collect.ts'
import { PREDICATE } from '../evidence/evidence.ts'
import { verifyAll } from '../gate/prove.ts'
import type { Proof } from '../gate/prove.ts'
import { textOf } from '../kernel/bytes.ts'
import { fail } from '../kernel/errors.ts'
import type { TallyError } from '../kernel/errors.ts'
import { readFileBounded } from '../kernel/read-file.ts'
import type { Authority, Trust } from '../trust/authority.ts'
import { loadPublicKey } from '../trust/keys.ts'
import { FORMAT_TEXT_JSON } from './command.ts'
import type { Context, OptionSpec } from './command.ts'
import { REFUSED_REGISTRY } from './cosign-flags.ts'
import { IDENTITY_OPTIONS, REFUSED_VERIFYING, identityFromFlags, instanceFromFlags } from './identity-flags.ts'
import { annotationsOf } from './annotation-flags.ts'
import { evidenceLines, predicateWord } from './render/verdict.ts'
import { proofJson } from './render/json.ts'
import { exitCodeFor, whyNotVerified } from './render/verification.ts'
import { renderError } from './render/error.ts'

/** Words of cosign's that mean what is done anyway, and its word for the format. */
export const COSIGN_WORDS: Readonly<Record<string, OptionSpec>> = {
  'check-claims': { type: 'boolean', help: 'accepted; what is signed is always compared', noEnv: true },
  'max-workers': { type: 'string', value: 'N', help: 'accepted; has no effect', noEnv: true },
  'new-bundle-format': { type: 'boolean', help: 'accepted; both forms are read', noEnv: true },
  'experimental-oci11': { type: 'boolean', help: 'accepted; referrers are always looked at', noEnv: true },
  output: { type: 'string', short: 'o', value: 'FORMAT', choices: ['text', 'json'], help: 'as --format: text or json', noEnv: true },
  format: FORMAT_TEXT_JSON,
}

/** Flags of cosign's verbs that verify. */
export const COSIGN_VERIFY_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  key: { type: 'string', value: 'FILE', env: 'TALLY_PUBLIC_KEY', help: 'public key of the signer: a path, or env://NAME' },
  ...IDENTITY_OPTIONS,
  ...COSIGN_WORDS,
}

export const COSIGN_VERIFY_REFUSED: Readonly<Record<string, string>> = { ...REFUSED_REGISTRY, ...REFUSED_VERIFYING }

/**
 * Whom a line in cosign's words trusts: one key or one identity. A key needs an entry in a transparency log as well, unless that is
 * ignored by name. Throws `usage` for neither, and for what would weaken the question.
 */
export async function cosignTrust(context: Context, workspace: Workspace): Promise<Trust> {
  const { flags } = context
  refuseUnchecked(context)
  const instance = instanceFromFlags(context, workspace)
  const key = flags.text('key')
  const identity = await identityFromFlags(context, instance)
  if (key !== undefined && identity !== undefined) throw fail('usage', 'and an identity are two different questions', { where: '--key' })
  if (key === undefined && identity === undefined) {
    throw fail('usage', 'is missing: who must have signed?', {
      where: '--key',
      hint: 'give --key FILE, or --certificate-identity and --certificate-oidc-issuer',
    })
  }
  const authority: Authority | undefined =
    key === undefined
      ? identity
      : { name: key, kind: 'key', key: loadPublicKey(await readKeyText(context, key), key), may: ['any'], instance }
  return { authorities: authority === undefined ? [] : [authority], logKeys: [] }
}

/** Throws `flag-unsupported` for `--check-claims=false`. */
export function refuseUnchecked({ flags }: Context): void {
  if (flags.text('check-claims') !== 'false') return
  throw fail('flag-unsupported', 'cannot be turned off: what is signed is always compared with the artifact', { where: '--check-claims' })
}

/** A proof in which only signatures count that carry every annotation (`-a NAME=VALUE`); what else was said stays. */
export function annotated(proof: Proof, wanted: readonly string[]): Proof {
  const { annotations } = annotationsOf(wanted)
  if (annotations === undefined) return proof
  const receipts = proof.receipts.filter(
    ({ statement }) =>
      statement.predicateType !== PREDICATE.signature ||
      statement.subject.some((subject) => Object.entries(annotations).every(([name, value]) => subject.annotations?.[name] === value)),
  )
  return receipts.some(({ statement }) => statement.predicateType === PREDICATE.signature)
    ? { ...proof, receipts }
    : { ...proof, receipts: [] }
}

async function readKeyText({ deps, cwd }: Context, text: string): Promise<string> {
  const name = /^env:\/\/([A-Za-z_]\w{0,255})$/.exec(text)?.[1]
  if (name !== undefined) {
    const value = deps.env[name]
    if (value === undefined || value === '') throw fail('key-invalid', 'is not set', { where: text })
    return value
  }
  const scheme = /^([a-z][a-z0-9+.-]{1,30}):\/\//.exec(text)?.[1]
  if (scheme !== undefined) {
    throw fail('flag-unsupported', `public keys at \`${scheme}:\` are not fetched`, {
      where: '--key',
      hint: 'export the public key to a file',
    })
  }
  return textOf(await readFileBounded(deps, resolve(cwd, text), 'keyFileBytes'), 'key-invalid', text)
}

export type CosignQuestion = {
  readonly artifact: Artifact
  readonly content?: Content
  readonly found: Found
  readonly trust: Trust
  /** What must have been said. */
  readonly predicateType: string
}

export type CosignAnswer = { readonly proof: Proof; readonly problem: TallyError | undefined; readonly exitCode: number }

/** Verifies evidence of one predicate type; one piece that holds is enough, as for cosign. */
export async function answerCosign({ artifact, content, found, trust, predicateType }: CosignQuestion): Promise<CosignAnswer> {
  const options = { anyPredicate: true, ...(content === undefined ? {} : { content }) }
  const { receipts, rejections } = await verifyAll(found.found, artifact, trust, options)
  const wanted = receipts.filter((receipt) => receipt.statement.predicateType === predicateType)
  const proof: Proof = { receipts: wanted, rejections, unreadable: found.unreadable, looked: found.looked }
  const problem = wanted.length > 0 ? undefined : whyNone(proof, artifact, receipts, predicateType)
  return { proof, problem, exitCode: exitCodeFor(problem, proof) }
}

function whyNone(proof: Proof, artifact: Artifact, receipts: Proof['receipts'], predicateType: string): TallyError {
  if (receipts.length === 0)
    return whyNotVerified(proof, artifact) ?? fail('no-evidence', 'nothing that could be verified was found', { where: artifact.name })
  const there = [...new Set(receipts.map((receipt) => receipt.statement.predicateType))].map(predicateWord).join(', ')
  return fail('no-evidence', `has no evidence of type ${predicateType} that holds; what holds is of type ${there}`, {
    where: artifact.name,
    hint: 'name the type with --type',
  })
}

/** The format asked for, by cosign's word or ours. */
export function formatOf({ flags }: Context): 'text' | 'json' {
  return (flags.text('output') ?? flags.text('format')) === 'json' ? 'json' : 'text'
}

/** Where a pattern found nobody, says that ours is the stricter one. */
export function notePattern({ flags, terminal }: Context, problem: TallyError | undefined): void {
  if (problem?.code !== 'untrusted') return
  if (flags.text('certificate-identity-regexp') === undefined && flags.text('certificate-oidc-issuer-regexp') === undefined) return
  terminal.note('note: a pattern must match the whole identity here, where cosign is content with a part; end it in .* if that is meant')
}

/** Prints an answer about a file: `Verified OK` on stderr as cosign does, who and when on stdout. */
export function printBlobAnswer(context: Context, artifact: Artifact, { proof, problem, exitCode }: CosignAnswer): number {
  const { terminal } = context
  if (formatOf(context) === 'json') terminal.out(JSON.stringify(proofJson(artifact, proof, undefined, [], exitCode), null, 2))
  else {
    const lines = evidenceLines({ ...proof, rejections: problem === undefined ? [] : proof.rejections, unreadable: [] }, terminal)
    if (lines.length > 0) terminal.out(lines.join('\n'))
  }
  terminal.note(problem === undefined ? 'Verified OK' : renderError(problem, terminal))
  notePattern(context, problem)
  return exitCode
}
