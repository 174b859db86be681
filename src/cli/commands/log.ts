import { resolve } from 'node:path'
import { readLogWitness } from '../../chain/log-witness.ts'
import { fail } from '../../kernel/errors.ts'
import { safeText } from '../../kernel/text.ts'
import { FORMAT_TEXT_JSON, defineCommand } from '../command.ts'
import { REGISTRY_OPTIONS, openWorkspaceOf } from '../context.ts'
import { predicateWord } from '../render/verdict.ts'
import { refuseOtherFlags } from '../verb-flags.ts'

/** `tally log check [--against RECEIPT]`, `tally log show`: the ledger, every file of it, and whether it is the one somebody else saw. */
export const log = defineCommand({
  name: 'log',
  summary: 'check the ledger, alone or against a receipt',
  usage: ['tally log check [--against RECEIPT|REFERENCE]…', 'tally log show'],
  examples: [
    ['tally log check', 'every file of the ledger, recomputed from its entries'],
    ['tally log check --against receipt.json', 'and that it still holds what that receipt saw'],
    ['tally log show', 'its entries'],
  ],
  options: {
    against: {
      type: 'string',
      value: 'RECEIPT',
      multiple: true,
      help: 'a `ship` receipt, a .proof.json file, a checkpoint, or a reference with evidence',
    },
    ...REGISTRY_OPTIONS,
    format: FORMAT_TEXT_JSON,
  },
  words: { min: 1, max: 1, names: 'a verb: check or show' },
  run: async (context) => {
    const { flags, terminal, words, cwd } = context
    if (words[0] !== 'check' && words[0] !== 'show') throw fail('usage', 'is neither check nor show', { where: `tally log ${words[0]}` })
    if (words[0] === 'show') refuseOtherFlags(flags, 'tally log show', ['format'])
    const workspace = await openWorkspaceOf(context)
    const ledger = await workspace.ledger()
    if (words[0] === 'show') {
      for await (const each of ledger.entries()) {
        terminal.out(
          flags.text('format') === 'json'
            ? JSON.stringify(each)
            : `${String(each.index).padStart(6)}  ${each.entry.envelope.slice(0, 23)}…  ${predicateWord(each.entry.predicateType)}`,
        )
      }
      return 0
    }
    const report = await ledger.check()
    const problems = report.problems.map((problem) => `${problem.file}: ${problem.why}`)
    for (const place of flags.list('against')) {
      for (const witness of await readLogWitness(workspace, resolve(cwd, place), place)) {
        const against = await ledger.checkAgainst(witness)
        if (!against.ok) problems.push(`${place}: ${against.why}`)
      }
    }
    if (flags.text('format') === 'json')
      terminal.out(
        JSON.stringify({
          schema: 'https://tallystick.dev/schemas/log-check/v1',
          origin: ledger.origin,
          size: report.size,
          root: report.root,
          problems,
        }),
      )
    else if (problems.length === 0)
      terminal.out(
        `sound: ${report.size} entries, root ${report.root}${flags.list('against').length > 0 ? `; holds all that ${flags.list('against').join(', ')} saw` : ''}`,
      )
    else terminal.out(problems.map((problem) => `${terminal.style('red', 'unsound')}: ${safeText(problem)}`).join('\n'))
    if (problems.length > 0)
      throw fail('log-unsound', `${problems.length} problem${problems.length === 1 ? '' : 's'}`, { where: `${workspace.dataDir}/ledger` })
    return 0
  },
})
