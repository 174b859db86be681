import { resolve } from 'node:path'
import { guessReference } from '../../artifact/guess-reference.ts'
import { gather } from '../../chain/gather.ts'
import { judgeProof, verifyAll } from '../../gate/judge.ts'
import type { JudgeContext } from '../../gate/judge.ts'
import { ERROR_TABLE, fail } from '../../kernel/errors.ts'
import { readFileBounded } from '../../kernel/read-file.ts'
import { safeText } from '../../kernel/text.ts'
import { parsePolicy } from '../../policy/document.ts'
import { gitFacts } from '../../build/git-facts.ts'
import { FORMAT_TEXT_JSON, defineCommand } from '../command.ts'
import type { Context } from '../command.ts'
import { REGISTRY_OPTIONS, openWorkspaceOf } from '../context.ts'
import type { TallyError } from '../../kernel/errors.ts'
import { renderError } from '../render/error.ts'
import { proofJson } from '../render/json.ts'
import { receiptLines, rejectionLines, verdictLines } from '../render/verdict.ts'
import { TRUST_OPTIONS, trustFromFlags } from '../trust-flags.ts'

/** `tally verify ARTIFACT`: who signed and attested what, where it was looked for, and whether that suffices. */
export const verify = defineCommand({
  name: 'verify',
  summary: 'who signed and attested an artifact, and does that suffice',
  usage: ['tally verify ARTIFACT [--key FILE]… [--bundle FILE]… [--from REPOSITORY] [--policy FILE]'],
  examples: [
    ['tally verify app.tgz', 'a file, by the trust list of this project'],
    ['tally verify app.tgz --key team.pub --bundle app.tgz.sigstore.json', 'nothing but these three files'],
    ['tally verify registry.example/app@sha256:… --policy policy/prod.yaml', 'an image, judged by a policy'],
  ],
  options: {
    ...TRUST_OPTIONS,
    policy: { type: 'string', value: 'FILE', help: 'also judge by this policy; the exit code is its verdict' },
    commit: { type: 'string', value: 'SHA', help: 'what `commit: head` in the policy means', default: 'HEAD of the repository here' },
    isolated: { type: 'boolean', help: 'do not look for evidence in the data directory' },
    ...REGISTRY_OPTIONS,
    format: FORMAT_TEXT_JSON,
  },
  words: {
    min: 1,
    max: 1,
    names: 'one artifact: a file, oci:DIR@sha256:…, oci-archive:FILE, docker-archive:FILE or registry/repository@sha256:…',
  },
  run: async (context) => {
    const { flags, deps, terminal, cwd, words } = context
    const workspace = await openWorkspaceOf(context)
    const policyFile = flags.text('policy')
    const policy =
      policyFile === undefined ? undefined : parsePolicy(await readFileBounded(deps, resolve(cwd, policyFile), 'configBytes'), policyFile)
    const named = await trustFromFlags(context, workspace)
    const from = flags.text('from')
    const gathered = await gather(workspace, {
      reference: await guessReference(deps, words[0] ?? ''),
      bundles: flags.list('bundle').map((file) => resolve(cwd, file)),
      ...(from === undefined ? {} : { from }),
      dataDirectory: !flags.on('isolated'),
    })
    const proof = {
      ...(await verifyAll(gathered.found, gathered.artifact, named.trust, gathered)),
      unreadable: gathered.unreadable,
      looked: gathered.looked,
    }
    const verdict = policy === undefined ? undefined : judgeProof(proof, gathered.artifact, policy, await contextOf(context))
    const exitCode = verdict === undefined ? withoutPolicy(proof) : verdict.decision === 'allow' ? 0 : unreadableExit(proof.unreadable)
    if (flags.text('format') === 'json') {
      terminal.out(JSON.stringify(proofJson(gathered.artifact, proof, verdict, exitCode), null, 2))
      return exitCode
    }
    const { artifact } = gathered
    const lines = [`artifact   ${safeText(artifact.name)}`, `           ${artifact.kind} ${artifact.digest}`]
    if (artifact.kind === 'manifest' && artifact.file !== undefined) lines.push(`           file ${artifact.file.digest}`)
    lines.push(
      `trusted    by ${safeText(named.from)}: ${named.trust.authorities.map((each) => safeText(each.name)).join(', ') || 'nobody'}`,
      '',
    )
    lines.push(...receiptLines(proof.receipts, terminal), ...rejectionLines(proof.rejections, terminal))
    for (const each of proof.unreadable)
      lines.push(`  ${terminal.style('red', 'unreadable')} ${safeText(each.where)}: ${safeText(each.error.message)}`)
    if (proof.receipts.length === 0) lines.push(`  ${terminal.style('red', 'nothing that could be verified was found')}`)
    lines.push('', 'looked in', ...proof.looked.map((place) => `  ${safeText(place)}`))
    if (verdict !== undefined) lines.push('', ...verdictLines(verdict, terminal))
    else if (exitCode === 0) lines.push('', 'no policy was asked: this says who signed what, not that it suffices (--policy FILE)')
    terminal.out(lines.join('\n'))
    if (exitCode !== 0 && verdict === undefined) terminal.note(renderError(whyNot(proof), terminal))
    return exitCode
  },
})

type ProofLike = Parameters<typeof proofJson>[1]

/** Without a policy: at least one receipt, and nothing that was there but could not be read or did not hold. */
function withoutPolicy(proof: ProofLike): number {
  if (proof.unreadable.length > 0) return unreadableExit(proof.unreadable)
  return proof.receipts.length > 0 && !proof.receipts.some((receipt) => receipt.logProblem !== undefined) ? 0 : 1
}

function unreadableExit(unreadable: ProofLike['unreadable']): number {
  const codes = unreadable.map((each) => ERROR_TABLE[each.error.code].exit)
  return codes.length > 0 && codes.every((code) => code !== 1) ? (codes[0] ?? 1) : 1
}

function whyNot(proof: ProofLike): TallyError {
  const [unreadable] = proof.unreadable
  if (unreadable !== undefined) return unreadable.error
  if (proof.receipts.length > 0) return fail('log-unsound', 'evidence is signed by somebody trusted, but its log proof does not hold')
  if (proof.rejections.length > 0) return fail('untrusted', 'evidence is there, but none that holds from anybody who is trusted')
  return fail('no-evidence', 'nothing that could be verified was found')
}

async function contextOf(context: Context): Promise<JudgeContext> {
  const named = context.flags.text('commit')
  const git = named === undefined ? await gitFacts(context.deps, context.cwd) : undefined
  const headCommit = named ?? (git?.present === true ? git.commit : undefined)
  return { now: context.deps.now(), reference: context.words[0] ?? '', ...(headCommit === undefined ? {} : { headCommit }) }
}
