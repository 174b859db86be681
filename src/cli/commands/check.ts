import { relative, resolve } from 'node:path'
import { runChecks } from '../../check/run-checks.ts'
import { toSarif } from '../../check/sarif.ts'
import { gitFacts } from '../../build/git-facts.ts'
import { fail } from '../../kernel/errors.ts'
import { SEVERITIES, atLeast } from '../../kernel/finding.ts'
import type { Severity } from '../../kernel/finding.ts'
import { VERSION } from '../../kernel/version.ts'
import { defineCommand } from '../command.ts'
import { renderFindings } from '../render/findings.ts'

/** `tally check [DIR]`: findings on stdout as text, JSON or SARIF; 1 when any is at or above --fail-on (never in SARIF). */
export const check = defineCommand({
  name: 'check',
  summary: 'find what is wrong in workflows, Dockerfiles, lockfiles, secrets',
  usage: ['tally check [DIR] [--fail-on LEVEL] [--format text|json|sarif]'],
  examples: [
    ['tally check', 'this project, as git tracks it'],
    ['tally check --format sarif > check.sarif', 'for code scanning'],
    ['tally check --fail-on critical', 'fail on the worst only'],
  ],
  options: {
    format: {
      type: 'string',
      short: 'f',
      value: 'FORMAT',
      choices: ['text', 'json', 'sarif'],
      help: 'text, json or sarif',
      default: 'text',
    },
    'fail-on': {
      type: 'string',
      value: 'LEVEL',
      choices: SEVERITIES,
      help: `lowest level that fails: ${SEVERITIES.join(', ')}`,
      default: 'high',
    },
    'exit-zero': { type: 'boolean', help: 'always exit 0 when the check itself could be done' },
    'all-files': { type: 'boolean', help: 'look at files git does not track too' },
  },
  words: { min: 0, max: 1, names: 'at most one directory' },
  run: async ({ words, flags, deps, terminal, cwd }) => {
    const dir = resolve(cwd, words[0] ?? '.')
    if (!(await deps.fs.stat(dir)).isDirectory()) throw fail('usage', 'is not a directory', { where: words[0] ?? dir })
    const git = flags.on('all-files') ? undefined : await gitFacts(deps, dir)
    const files = git?.present === true ? git.files : undefined
    const report = await runChecks(deps, { dir, files, waivers: [], now: deps.now() })
    if (report.filesRead === 0) throw fail('nothing-to-check', 'holds no file that a rule reads', { where: relative(cwd, dir) || '.' })
    const format = flags.text('format') ?? 'text'
    const failOn = (flags.text('fail-on') ?? 'high') as Severity
    if (format === 'sarif') {
      terminal.out(JSON.stringify(toSarif(report, VERSION), null, 2))
      return 0
    }
    if (format === 'json') terminal.out(JSON.stringify({ schema: 'https://tallystick.dev/schemas/check/v1', ...report }, null, 2))
    else terminal.out(await renderFindings(deps, dir, report, failOn, terminal))
    const bad = report.findings.some((finding) => finding.waivedBy === undefined && atLeast(finding.severity, failOn))
    return bad && !flags.on('exit-zero') ? 1 : 0
  },
})
