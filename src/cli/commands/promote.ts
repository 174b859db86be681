import { resolve } from 'node:path'
import { guessReference } from '../../artifact/guess-reference.ts'
import { openSource, openTarget } from '../../artifact/open.ts'
import { formatReference, parseReference } from '../../artifact/reference.ts'
import { resolveArtifact } from '../../artifact/resolve.ts'
import { gitFacts } from '../../build/git-facts.ts'
import { PREDICATE } from '../../evidence/evidence.ts'
import { sealArtifact } from '../../chain/seal-artifact.ts'
import { earlierVerdicts } from '../../gate/earlier-verdicts.ts'
import { promote as promoteArtifact } from '../../gate/promote.ts'
import { fail } from '../../kernel/errors.ts'
import { readFileBounded } from '../../kernel/read-file.ts'
import { parsePolicy } from '../../policy/document.ts'
import { verifierIdOf } from '../../policy/check-vsa.ts'
import { verifiedLevels } from '../../policy/verified-levels.ts'
import { vsaPredicate } from '../../policy/vsa.ts'
import { FORMAT_TEXT_JSON, defineCommand } from '../command.ts'
import { REGISTRY_OPTIONS, openSignerOf, openWorkspaceOf } from '../context.ts'
import { renderError } from '../render/error.ts'
import { proofJson } from '../render/json.ts'
import { artifactLines, exitCodeFor, whyNotAllowed } from '../render/verification.ts'
import { field } from '../render/layout.ts'
import { evidenceLines, verdictLines } from '../render/verdict.ts'
import { TRUSTED_KEY, TRUST_FILE, trustFromFlags } from '../trust-flags.ts'

/** `tally promote SRC DST --policy FILE`: verified at the source, copied with all evidence, read again, `current` moved last. */
export const promote = defineCommand({
  name: 'promote',
  summary: 'copy an artifact and its evidence, if the policy allows it',
  usage: ['tally promote SOURCE DESTINATION --policy FILE [--release-tag TAG]'],
  examples: [
    [
      'tally promote registry.example/dev/app@sha256:… registry.example/prod/app --policy policy/prod.yaml',
      'from one repository to another',
    ],
  ],
  options: {
    policy: { type: 'string', value: 'FILE', help: 'policy that must allow it' },
    'release-tag': { type: 'string', value: 'TAG', help: 'a tag to set there; refused if it names other bits' },
    'sign-key': { type: 'string', value: 'KEY', help: 'key the verdict is signed with: local, file:PATH, env:NAME', default: 'local' },
    'passphrase-file': { type: 'string', value: 'FILE', help: 'file that holds the passphrase of that key' },
    key: TRUSTED_KEY,
    trust: TRUST_FILE,
    ...REGISTRY_OPTIONS,
    format: FORMAT_TEXT_JSON,
  },
  words: { min: 2, max: 2, names: 'a source and a destination' },
  run: async (context) => {
    const { flags, deps, terminal, cwd, words } = context
    const policyFile = flags.text('policy')
    if (policyFile === undefined) throw fail('usage', 'is missing: nothing is promoted without a policy', { where: '--policy' })
    const policy = parsePolicy(await readFileBounded(deps, resolve(cwd, policyFile), 'configBytes'), policyFile)
    const workspace = await openWorkspaceOf(context)
    const { trust } = await trustFromFlags(context, workspace, policy)
    const { signer, kind } = await openSignerOf(
      { ...context, flags: { ...flags, text: (name) => flags.text(name === 'key' ? 'sign-key' : name) } },
      workspace,
    )
    const reference = await guessReference(deps, words[0] ?? '')
    const { artifact } = await resolveArtifact(deps, reference, workspace.registryOptions)
    if (artifact.kind !== 'manifest' || (reference.scheme !== 'registry' && reference.scheme !== 'oci')) {
      throw fail('reference-invalid', 'is not in a registry or OCI layout', {
        where: words[0] ?? '',
        hint: 'push it first, or use `tally ship`',
      })
    }
    const pinned = { ...reference, digest: artifact.digest }
    const destination = parseReference(words[1] ?? '')
    const resourceUri = destination.scheme === 'registry' ? `oci://${destination.host}/${destination.repository}` : `tally://${policy.name}`
    const git = await gitFacts(deps, cwd)
    const releaseTag = flags.text('release-tag')
    const result = await promoteArtifact({
      source: await openSource(deps, pinned, workspace.registryOptions),
      target: await openTarget(deps, destination, workspace.registryOptions),
      artifact,
      trust,
      policy,
      context: { now: deps.now(), reference: words[0] ?? '', ...(git.present ? { headCommit: git.commit } : {}) },
      ...(releaseTag === undefined ? {} : { releaseTag }),
      acknowledge: async ({ verdict, receipts }) => {
        // Said once: a promotion that was cut short, or is run again, needs no second summary of the same.
        const said = earlierVerdicts(receipts, policy).some(
          (each) => each.samePolicy === true && each.result === 'PASSED' && each.resource === resourceUri && each.keyId === signer.keyId,
        )
        if (said) return
        const predicate = vsaPredicate(verdict, {
          verifierId: verifierIdOf(signer.keyId),
          resourceUri,
          policyUri: `https://tallystick.dev/policy/${encodeURIComponent(policy.name)}`,
          timeVerified: verdict.at,
          levels: verifiedLevels(verdict, receipts, policy),
        })
        await sealArtifact({ workspace, reference: pinned, signer, signerKind: kind, predicateType: PREDICATE.vsa, predicate })
      },
      signal: deps.signal,
    })
    const { judgement } = result
    const earlier = earlierVerdicts(judgement.receipts, policy)
    const problem = whyNotAllowed(judgement.verdict, judgement, artifact)
    const exitCode = exitCodeFor(problem, judgement)
    const explain = (): number => {
      if (problem !== undefined) terminal.note(renderError(problem, terminal))
      return exitCode
    }
    if (flags.text('format') === 'json') {
      terminal.out(
        JSON.stringify(
          {
            ...proofJson(artifact, judgement, judgement.verdict, earlier, exitCode),
            promoted: result.promoted,
            destination: formatReference({ ...destination, digest: artifact.digest } as never),
          },
          null,
          2,
        ),
      )
      return explain()
    }
    const { promoted } = result
    terminal.out(
      [
        ...artifactLines(artifact, terminal),
        '',
        ...evidenceLines(judgement, terminal),
        '',
        ...verdictLines(judgement.verdict, terminal),
        '',
        ...(promoted
          ? field(terminal, 'promoted', `to ${words[1]}`, `${result.copied} copied, ${result.skipped} there already`)
          : field(terminal, 'refused', `${words[1]} is as it was`)),
      ].join('\n'),
    )
    return explain()
  },
})
