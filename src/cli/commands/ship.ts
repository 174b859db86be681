import { loadProject } from '../../chain/config.ts'
import { recordShip } from '../../chain/record.ts'
import { receiptOf } from '../../chain/ship-receipt.ts'
import { ship as shipProject } from '../../chain/ship.ts'
import type { ShipOutcome } from '../../chain/ship.ts'
import { trustOf } from '../../chain/trust-of.ts'
import { safeText } from '../../kernel/text.ts'
import { FORMAT_TEXT_JSON, defineCommand } from '../command.ts'
import { SIGNER_OPTIONS, REGISTRY_OPTIONS, openSignerOf, openWorkspaceOf } from '../context.ts'
import { executablePath } from '../executable.ts'
import { withStore } from '../store.ts'
import { fail } from '../../kernel/errors.ts'
import type { TallyError } from '../../kernel/errors.ts'
import { renderError } from '../render/error.ts'
import { renderShip } from '../render/ship.ts'
import { exitCodeFor, whyNotAllowed } from '../render/verification.ts'

/** `tally ship`: the chain of tally.yaml from check to promotion; exit 0 only when the wanted environment was reached. */
export const ship = defineCommand({
  name: 'ship',
  summary: 'check, build, sign, log, judge and promote this project',
  usage: ['tally ship [--to ENVIRONMENT] [--format text|json]'],
  examples: [
    ['tally ship', 'as far as tally.yaml goes'],
    ['tally ship --to dev', 'no further than dev'],
    ['tally ship --format json > receipt.json', 'the receipt as data'],
  ],
  options: {
    to: { type: 'string', value: 'ENVIRONMENT', help: 'the environment to reach', default: 'the last one' },
    ...SIGNER_OPTIONS,
    ...REGISTRY_OPTIONS,
    format: FORMAT_TEXT_JSON,
  },
  words: { min: 0, max: 0, names: 'no words' },
  run: async (context) => {
    const { flags, deps, terminal, cwd } = context
    const project = await loadProject(deps, cwd)
    const workspace = await openWorkspaceOf(context)
    const { signer, kind, publicKeyFile } = await openSignerOf(context, workspace, project.config.sign.key, project.dir)
    const trust = await trustOf(workspace, project.config.trust, project.dir, 'tally.yaml')
    const to = flags.text('to')
    const outcome = await shipProject({
      workspace,
      project,
      ...(to === undefined ? {} : { to }),
      signer,
      signerKind: kind,
      publicKeyFile: publicKeyFile ?? '',
      trust,
      onBuildOutput: (_stream, bytes) => {
        if (flags.on('verbose'))
          for (const line of new TextDecoder().decode(bytes).trimEnd().split('\n')) terminal.note(`  ${safeText(line)}`)
      },
    })
    await withStore(workspace, (store) => recordShip(store, outcome))
    const receipt = receiptOf(outcome, await executablePath(deps))
    const mend = mendOf(outcome)
    if (flags.text('format') === 'json') terminal.out(JSON.stringify(receipt, null, 2))
    else terminal.out(renderShip(receipt, mend, terminal))
    const problem = whyNotReached(outcome, mend)
    if (problem !== undefined) terminal.note(renderError(problem, terminal))
    return exitCodeFor(problem, outcome.judgement ?? outcome.proof)
  },
})

/** Why the target was not reached, with the next step; undefined when it was. */
function whyNotReached(outcome: ShipOutcome, mend: string | undefined): TallyError | undefined {
  const { job, target, judgement, shippable } = outcome
  if (outcome.arrivals.at(-1)?.environment === target) return undefined
  const hint = mend === undefined ? {} : { hint: mend }
  const where = `${job.project.config.name} ${job.version}`
  if (!job.clean) return fail('source-dirty', `does not go to ${target}: no commit describes what was built`, { where, ...hint })
  const denied = judgement === undefined ? undefined : whyNotAllowed(judgement.verdict, judgement, { ...shippable.artifact, name: where })
  return denied === undefined
    ? fail('denied', `did not reach ${target}`, { where, ...hint })
    : fail(denied.code, denied.message, { where, ...hint })
}

/** The command that would get the artifact further, when it did not reach its target. */
function mendOf(outcome: ShipOutcome): string | undefined {
  if (outcome.arrivals.at(-1)?.environment === outcome.target) return undefined
  if (!outcome.job.git.present) return 'git init && git add -A && git commit -m first && tally ship'
  if (outcome.job.git.dirty) return 'git add -A && git commit && tally ship    (or first: git stash -u)'
  const failed = outcome.judgement?.verdict.clauses.find((clause) => clause.result !== 'met' && clause.waivedBy === undefined)
  return failed?.next === '' ? undefined : failed?.next
}
