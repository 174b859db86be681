import { impact as impactOf } from '../../inventory/impact.ts'
import { redact } from '../../kernel/redact.ts'
import { countOf, safeText } from '../../kernel/text.ts'
import { localScope } from '../../store/scope.ts'
import { FORMAT_TEXT_JSON, defineCommand } from '../command.ts'
import { openWorkspaceOf } from '../context.ts'
import { hanging } from '../render/layout.ts'
import { withStore } from '../store.ts'
import type { Terminal } from '../terminal.ts'

/** `tally impact QUERY`: which artifacts hold a package and where they are; 1 when any does, so that a script can ask "are we hit?". */
export const impact = defineCommand({
  name: 'impact',
  summary: 'which artifacts hold a package, and where they run',
  usage: ['tally impact PURL|NAME@RANGE [--as-of TIME] [--running]'],
  examples: [
    ['tally impact pkg:npm/left-pad@1.3.0', 'exactly this version'],
    ['tally impact "left-pad@<1.3.0"', 'every version below'],
    ['tally impact "openssl@<3.0.14" --running', 'only what is current or deployed'],
  ],
  options: {
    'as-of': { type: 'string', value: 'TIME', help: 'what was known and ran then (RFC 3339)' },
    running: { type: 'boolean', help: 'only artifacts that are current or run somewhere' },
    format: FORMAT_TEXT_JSON,
  },
  words: { min: 1, max: 1, names: 'a package URL or name@range' },
  notes: ['Exit code: 0 nobody holds it, 1 somebody does.'],
  run: async (context) => {
    const { words, flags, terminal } = context
    const workspace = await openWorkspaceOf(context)
    const asOf = flags.text('as-of')
    const question = { onlyRunning: flags.on('running'), ...(asOf === undefined ? {} : { asOf }) }
    return await withStore(workspace, async (store) => {
      const scope = localScope('cli')
      const artifacts = []
      let after: string | undefined
      let first: Awaited<ReturnType<typeof impactOf>> | undefined
      do {
        const page = await impactOf(store, scope, words[0] ?? '', { ...question, limit: 200, ...(after === undefined ? {} : { after }) })
        first ??= page
        artifacts.push(...page.artifacts.items)
        after = page.artifacts.next
      } while (after !== undefined)
      if (flags.text('format') === 'json') {
        terminal.out(
          JSON.stringify(
            {
              schema: 'https://tallystick.dev/schemas/impact/v1',
              query: redact(words[0] ?? ''),
              packages: first.packages,
              incomplete: first.incomplete,
              artifacts,
            },
            null,
            2,
          ),
        )
        return artifacts.length > 0 ? 1 : 0
      }
      for (const artifact of artifacts) terminal.out(artifactLines(artifact, terminal).join('\n'))
      const running = artifacts.filter((artifact) => artifact.places.length > 0).length
      terminal.out(
        artifacts.length === 0
          ? `nothing recorded here holds ${safeText(redact(words[0] ?? ''))}`
          : `\n${countOf(artifacts.length, 'artifact')}, ${running} of them current or deployed`,
      )
      if (first.incomplete) context.deps.log('warn', 'more package versions match than one question looks at; narrow the range')
      return artifacts.length > 0 ? 1 : 0
    })
  },
})

type Hit = Awaited<ReturnType<typeof impactOf>>['artifacts']['items'][number]

function artifactLines(artifact: Hit, { columns, style }: Terminal): string[] {
  const lines = [style('bold', safeText([artifact.name ?? 'unnamed', artifact.version ?? ''].join(' ').trim())), `  ${artifact.digest}`]
  for (const each of artifact.packages) {
    const doubt = each.match === 'unknown' ? ' (its version cannot be compared: counted as a hit)' : ''
    lines.push(...hanging('  holds    ', `${safeText(each.purl)}${doubt}`, columns))
  }
  for (const { environment, workload, tag, since } of artifact.places) {
    const where = workload === undefined ? environment : `${environment}: ${workload}`
    lines.push(
      ...hanging(
        workload === undefined ? '  current  ' : '  runs     ',
        `in ${safeText(where)}${tag === '' ? '' : `, tag ${safeText(tag)}`}, since ${since}`,
        columns,
      ),
    )
  }
  if (artifact.places.length === 0) lines.push('  nowhere  current or deployed')
  return lines
}
