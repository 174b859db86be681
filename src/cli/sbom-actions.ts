import { fail } from '../kernel/errors.ts'
import { safeText } from '../kernel/text.ts'
import { canonicalTime } from '../sbom/assemble.ts'
import { isEmptyDiff, diffSboms } from '../sbom/operations/diff.ts'
import { mergeSboms } from '../sbom/operations/merge.ts'
import { diffJson, diffMarkdown, diffText } from '../sbom/operations/render-diff.ts'
import { scoreJson, scoreSbom, scoreText } from '../sbom/score/score.ts'
import { cycloneDxSchemas } from '../sbom/validate/schema-files.ts'
import { validateSbom } from '../sbom/validate/validate.ts'
import type { Context } from './command.ts'
import { authorOf, loadOther, loadSbom, readDocument } from './sbom-load.ts'
import { WRITE_OPTIONS, deliver } from './sbom-write.ts'

export type SbomAction = {
  readonly words: { readonly least: number; readonly most: number; readonly names: string }
  readonly takes: readonly string[]
  readonly run: (context: Context, words: readonly string[]) => Promise<number>
}

/** How a target is looked into. */
const LOOK = ['exclude', 'platform', 'scope', 'max-lockfile', 'no-cache', 'allow-http-registry']
const NAME = ['source-name', 'source-version']
const WRITE = Object.keys(WRITE_OPTIONS)

/** What listing takes; `--all-platforms` refuses the rest by itself. */
export const LIST_TAKES = [...WRITE, ...LOOK, ...NAME, 'all-platforms', 'base', 'without-base']

/** What `tally sbom` does beside listing, by its first word. */
export const SBOM_ACTIONS: Readonly<Record<string, SbomAction>> = {
  diff: { words: { least: 2, most: 2, names: 'two targets' }, takes: ['format', 'exit-code', ...LOOK], run: diff },
  merge: { words: { least: 2, most: 1000, names: 'two targets or more' }, takes: [...WRITE, ...LOOK, ...NAME], run: merge },
  convert: { words: { least: 1, most: 1, names: 'one SBOM' }, takes: [...WRITE, ...LOOK, ...NAME], run: convert },
  validate: { words: { least: 1, most: 1, names: 'one SBOM' }, takes: ['format'], run: validate },
  score: { words: { least: 1, most: 1, names: 'one target' }, takes: ['format', 'author', ...LOOK, ...NAME], run: score },
}

/** What an action prints: the formats of its own, the first when none is asked for. */
function choose(context: Context, formats: readonly string[]): string {
  const asked = context.flags.text('format') ?? formats[0] ?? ''
  if (!formats.includes(asked)) throw fail('usage', `is none of ${formats.join(', ')}`, { where: `--format ${asked}` })
  return asked
}

async function diff(context: Context, [before = '', after = '']: readonly string[]): Promise<number> {
  const format = choose(context, ['text', 'json', 'markdown'])
  const found = diffSboms((await loadOther(context, before)).sbom, (await loadOther(context, after)).sbom)
  const text = format === 'json' ? JSON.stringify(diffJson(found), null, 2) : format === 'markdown' ? diffMarkdown(found) : diffText(found)
  context.terminal.out(text.trimEnd())
  return context.flags.on('exit-code') && !isEmptyDiff(found) ? 1 : 0
}

async function merge(context: Context, targets: readonly string[]): Promise<number> {
  const sboms = []
  for (const target of targets) sboms.push((await loadOther(context, target)).sbom)
  const { flags, deps } = context
  const [name, epoch, author] = [flags.text('source-name'), deps.env['SOURCE_DATE_EPOCH'], authorOf(context)]
  const merged = mergeSboms(sboms, {
    ...(name === undefined ? {} : { subject: { name, version: flags.text('source-version') ?? '' } }),
    ...(epoch === undefined ? {} : { created: new Date(Number(epoch) * 1000).toISOString() }),
    ...(author === undefined ? {} : { author }),
  })
  return await deliver(context, merged, 'cyclonedx-json')
}

async function convert(context: Context, [target = '']: readonly string[]): Promise<number> {
  const { sbom } = await loadSbom(context, target)
  const author = authorOf(context)
  const created = sbom.created === '' ? '' : canonicalTime(sbom.created)
  return await deliver(context, { ...sbom, created, ...(author === undefined ? {} : { author }) }, 'cyclonedx-json')
}

async function validate(context: Context, [target = '']: readonly string[]): Promise<number> {
  const format = choose(context, ['text', 'json'])
  const { terminal, deps } = context
  const { document, problems } = validateSbom(
    await readDocument(context, target),
    target === '-' ? 'stdin' : target,
    await cycloneDxSchemas(deps),
  )
  const errors = problems.filter(({ severity }) => severity === 'error').length
  if (format === 'json')
    terminal.out(
      JSON.stringify({ schema: 'https://tallystick.dev/schemas/sbom-validation/v1', valid: errors === 0, document, problems }, null, 2),
    )
  else {
    for (const { severity, path, message } of problems)
      terminal.out(`${terminal.style(severity === 'error' ? 'red' : 'yellow', severity)}: ${safeText(path)} ${safeText(message)}`)
    const warnings = problems.length - errors
    const verdict = errors === 0 ? 'valid' : 'not valid'
    terminal.out(
      `${safeText(target)}: ${verdict} ${document.format} ${safeText(document.version)}; ${errors} error(s), ${warnings} warning(s)`,
    )
  }
  return errors === 0 ? 0 : 1
}

async function score(context: Context, [target = '']: readonly string[]): Promise<number> {
  const format = choose(context, ['text', 'json'])
  const { sbom, document } = await loadSbom(context, target)
  const scores = scoreSbom(sbom, document)
  context.terminal.out(format === 'json' ? JSON.stringify(scoreJson(scores, document), null, 2) : scoreText(scores).trimEnd())
  return 0
}
