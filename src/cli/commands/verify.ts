import { verifyArtifact } from '../../chain/verify-artifact.ts'
import type { VerifyRequest } from '../../chain/verify-artifact.ts'
import type { Workspace } from '../../chain/workspace.ts'
import { asTallyError } from '../../kernel/errors.ts'
import { inOrder } from '../../kernel/in-order.ts'
import { LIMITS } from '../../kernel/limits.ts'
import { safeText } from '../../kernel/text.ts'
import { LIST_OPTIONS, artifactList } from '../artifact-list.ts'
import { defineCommand } from '../command.ts'
import type { Context } from '../command.ts'
import { REGISTRY_OPTIONS, openWorkspaceOf } from '../context.ts'
import { COSIGN_VERIFY_REFUSED, COSIGN_WORDS, formatOf, notePattern } from '../cosign-verify.ts'
import { GIT_OPTIONS, areGitWords } from '../git-words.ts'
import { renderError } from '../render/error.ts'
import { proofJson } from '../render/json.ts'
import { exitCodeFor, renderVerification } from '../render/verification.ts'
import { exitCodeOfOutcome, outcomeJson, outcomeRow, problemOf, worstOf } from '../render/verification-row.ts'
import type { Outcome } from '../render/verification-row.ts'
import { TRUST_OPTIONS } from '../trust-flags.ts'
import type { NamedTrust } from '../trust-flags.ts'
import { SUMMARY_OPTIONS, verifyRequestOf } from '../verify-request.ts'

/** `tally verify ARTIFACT…`: who signed and attested what, where it was looked for, and whether that suffices. */
export const verify = defineCommand({
  name: 'verify',
  summary: 'who signed and attested an artifact, and does that suffice',
  usage: [
    'tally verify ARTIFACT… [--key FILE]… [--bundle FILE]… [--from REPOSITORY] [--policy FILE]',
    'tally verify --file LIST [--policy FILE] [--format json]',
  ],
  examples: [
    ['tally verify app.tgz', 'a file, by the trust list of this project'],
    ['tally verify app.tgz --key team.pub --bundle app.tgz.sigstore.json', 'nothing but these three files'],
    ['tally verify registry.example/app@sha256:… --policy policy/prod.yaml', 'an image, judged by a policy'],
    ['tally verify git:HEAD --allowed-signers signers', 'who signed the last commit here'],
    [
      'tally verify git:HEAD --certificate-identity dev@example.com --certificate-oidc-issuer https://accounts.google.com',
      'the same, signed by gitsign',
    ],
    ['tally verify --file running.txt --policy policy/prod.yaml --format json', 'every image of a list, one line of JSON each'],
  ],
  options: {
    ...LIST_OPTIONS,
    ...TRUST_OPTIONS,
    policy: { type: 'string', value: 'FILE', help: 'also judge by this policy; the exit code is its verdict' },
    commit: { type: 'string', value: 'SHA', help: 'what `commit: head` in the policy means', default: 'HEAD of the repository here' },
    ...SUMMARY_OPTIONS,
    annotations: { type: 'string', short: 'a', value: 'NAME=VALUE', multiple: true, help: 'the signature must have this annotation' },
    isolated: { type: 'boolean', help: 'do not look for evidence in the data directory' },
    ...REGISTRY_OPTIONS,
    ...COSIGN_WORDS,
    ...GIT_OPTIONS,
  },
  refused: {
    ...COSIGN_VERIFY_REFUSED,
    'local-image': 'name a layout as oci:DIR',
    attachment: 'evidence is looked for in all its places',
    payload: 'payload and signature lie together where the image is',
    signature: 'payload and signature lie together where the image is; for a file use `tally verify-blob`',
    certificate: 'the certificate lies beside the signature; for a file use `tally verify-blob`',
  },
  words: {
    min: 0,
    max: LIMITS.artifactsPerRun,
    names:
      'artifacts: files, oci:DIR@sha256:…, oci-archive:FILE, docker-archive:FILE or registry/repository@sha256:…; - for a list on stdin; or git:REV',
  },
  notes: [
    'Several artifacts are all judged, whatever comes of one: a table, or with --format json one object a line, in their order. The exit code is that of the worst: 1 when one was denied or did not verify, else what kept one from being judged.',
    'Patterns must match the whole identity, where cosign is content with a part of it.',
  ],
  run: async (context) => {
    if (areGitWords(context.words)) return await (await import('../git-objects.ts')).verifyGitWords(context)
    const { references, isList } = await artifactList(context)
    const workspace = await openWorkspaceOf(context, true)
    const { request, named } = await verifyRequestOf(context, workspace)
    const [first = ''] = references
    return isList ? await verifyMany(context, workspace, references, request) : await verifyOne(context, workspace, first, request, named)
  },
})

async function verifyOne(context: Context, workspace: Workspace, text: string, request: VerifyRequest, named: NamedTrust): Promise<number> {
  const { terminal } = context
  const verification = await verifyArtifact(workspace, text, request)
  const { artifact, proof, verdict, earlier } = verification
  const problem = problemOf(verification)
  const exitCode = exitCodeFor(problem, proof)
  if (formatOf(context) === 'json') terminal.out(JSON.stringify(proofJson(artifact, proof, verdict, earlier, exitCode), null, 2))
  else {
    const trusted = { names: named.trust.authorities.map((each) => each.name), from: named.from }
    terminal.out(renderVerification({ artifact, trusted, proof, verdict, earlier }, terminal))
    if (verdict === undefined && problem === undefined)
      terminal.out('\nno policy was asked: this says who signed what, not that it suffices (--policy)')
  }
  if (problem !== undefined) terminal.note(renderError(problem, terminal))
  notePattern(context, problem)
  return exitCode
}

/** Every artifact of a list: none stops another, each is printed as soon as it is its turn. */
async function verifyMany(context: Context, workspace: Workspace, references: readonly string[], request: VerifyRequest): Promise<number> {
  const { terminal, deps } = context
  const isJson = formatOf(context) === 'json'
  const width = Math.min(60, Math.max(...references.map((reference) => safeText(reference).length)))
  const judge = async (reference: string): Promise<Outcome> => {
    try {
      deps.signal.throwIfAborted()
      return { reference, verification: await verifyArtifact(workspace, reference, request) }
    } catch (error) {
      const known = asTallyError(error, reference)
      if (known.code === 'interrupted' || deps.signal.aborted) throw known
      return { reference, error: known }
    }
  }
  // What waits for its turn is a line of text, not all the evidence it was made of.
  const lines = inOrder(references, LIMITS.artifactsAtOnce, async (reference) => {
    const outcome = await judge(reference)
    return { code: exitCodeOfOutcome(outcome), text: isJson ? outcomeJson(outcome) : outcomeRow(outcome, width, terminal) }
  })
  const codes: number[] = []
  for await (const { code, text } of lines) {
    codes.push(code)
    terminal.out(text)
  }
  if (!isJson) terminal.note(summaryOf(codes))
  return worstOf(codes)
}

function summaryOf(codes: readonly number[]): string {
  const [good, bad] = [codes.filter((code) => code === 0).length, codes.filter((code) => code === 1).length]
  const parts = [`${good} passed`, ...(bad === 0 ? [] : [`${bad} did not`])]
  const unjudged = codes.length - good - bad
  if (unjudged > 0) parts.push(`${unjudged} could not be judged`)
  return `${codes.length} artifacts: ${parts.join(', ')}${good === codes.length ? '' : '; `tally verify` of one alone says why'}`
}
