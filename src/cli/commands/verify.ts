import { resolve } from 'node:path'
import { guessReference } from '../../artifact/guess-reference.ts'
import { readThrough } from '../../artifact/read-through.ts'
import { gather } from '../../chain/gather.ts'
import { earlierVerdicts } from '../../gate/earlier-verdicts.ts'
import { judgeProof, verifyAll } from '../../gate/judge.ts'
import type { JudgeContext } from '../../gate/judge.ts'
import { readFileBounded } from '../../kernel/read-file.ts'
import { parsePolicy } from '../../policy/document.ts'
import { gitFacts } from '../../build/git-facts.ts'
import { FORMAT_TEXT_JSON, defineCommand } from '../command.ts'
import type { Context } from '../command.ts'
import { REGISTRY_OPTIONS, openWorkspaceOf } from '../context.ts'
import { renderError } from '../render/error.ts'
import { proofJson } from '../render/json.ts'
import { exitCodeFor, renderVerification, whyNotAllowed, whyNotVerified } from '../render/verification.ts'
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
    const named = await trustFromFlags(context, workspace, policy)
    const from = flags.text('from')
    const reference = await guessReference(deps, words[0] ?? '')
    const gathered = await gather(workspace, {
      reference,
      bundles: flags.list('bundle').map((file) => resolve(cwd, file)),
      ...(from === undefined ? {} : { from }),
      dataDirectory: !flags.on('isolated'),
    })
    const { artifact, found, unreadable, looked, source } = gathered
    // A manifest's digest vouches for its parts only when they are read: a shipped file wherever it is, an image where that costs no transfer.
    if (source !== undefined && artifact.kind === 'manifest' && (reference.scheme !== 'registry' || artifact.file !== undefined))
      await readThrough(source, artifact.digest, deps.signal)
    const proof = { ...(await verifyAll(found, artifact, named.trust, gathered)), unreadable, looked }
    const verdict = policy === undefined ? undefined : judgeProof(proof, artifact, policy, await contextOf(context))
    const earlier = earlierVerdicts(proof.receipts, policy)
    const problem = verdict === undefined ? whyNotVerified(proof, artifact) : whyNotAllowed(verdict, proof, artifact)
    const exitCode = exitCodeFor(problem, proof)
    if (flags.text('format') === 'json') terminal.out(JSON.stringify(proofJson(artifact, proof, verdict, earlier, exitCode), null, 2))
    else {
      const trusted = { names: named.trust.authorities.map((each) => each.name), from: named.from }
      terminal.out(renderVerification({ artifact, trusted, proof, verdict, earlier }, terminal))
      if (verdict === undefined && problem === undefined)
        terminal.out('\nno policy was asked: this says who signed what, not that it suffices (--policy)')
    }
    if (problem !== undefined) terminal.note(renderError(problem, terminal))
    return exitCode
  },
})

async function contextOf(context: Context): Promise<JudgeContext> {
  const named = context.flags.text('commit')
  const git = named === undefined ? await gitFacts(context.deps, context.cwd) : undefined
  const headCommit = named ?? (git?.present === true ? git.commit : undefined)
  return { now: context.deps.now(), reference: context.words[0] ?? '', ...(headCommit === undefined ? {} : { headCommit }) }
}
