import { COMMANDS } from './command-table.ts'
import { GLOBAL_OPTIONS } from './command.ts'
import type { Command, OptionSpec } from './command.ts'
import { wrap } from './render/layout.ts'
import type { Terminal } from './terminal.ts'

/** `tally --help`: examples first, then every command by group. Reads only the command table. */
export function renderOverview(terminal: Terminal): string {
  const { style } = terminal
  const lines = [
    'tally: software supply chain security with proof, from source to production',
    '',
    style('bold', 'Examples'),
    ...columns([
      ['tally ship', 'check, build, sign, log, judge and promote the project here'],
      ['tally verify app.tgz --key cosign.pub', 'who signed and attested this file'],
      ['tally sbom oci-archive:image.tar', 'what is inside an image'],
      ['tally impact "left-pad@<1.3.0"', 'a CVE dropped: are we hit, and where'],
    ]),
  ]
  for (const group of ['the chain', 'one step', 'look', 'manage'] as const) {
    const entries = Object.entries(COMMANDS).filter(([, entry]) => entry.group === group)
    lines.push(
      '',
      style('bold', group[0]?.toUpperCase() + group.slice(1)),
      ...columns(entries.map(([name, entry]) => [name, entry.summary])),
    )
  }
  lines.push(
    '',
    'tally <command> --help explains one. Exit codes: 0 yes, 1 no, 2 wrong question, 3 nothing there,',
    '4 login needed, 5 could not check, 70 bug, 130 interrupted.',
  )
  return lines.join('\n')
}

/** `tally <command> --help`: examples, usage, flags. */
export function renderCommandHelp(command: Command, terminal: Terminal): string {
  const { style } = terminal
  const lines = [
    `tally ${command.name}: ${command.summary}`,
    '',
    style('bold', 'Examples'),
    ...columns(command.examples.map(([line, what]) => [line, what])),
  ]
  lines.push('', style('bold', 'Usage'), ...command.usage.map((line) => `  ${line}`))
  if (Object.keys(command.options).length > 0) lines.push('', style('bold', 'Flags'), ...optionLines(command.options))
  lines.push('', style('bold', 'Everywhere'), ...optionLines(GLOBAL_OPTIONS))
  for (const note of command.notes ?? []) lines.push('', note)
  return lines.join('\n')
}

function optionLines(options: Readonly<Record<string, OptionSpec>>): string[] {
  return columns(
    Object.entries(options).map(([name, spec]) => {
      const flag = `${spec.short === undefined ? '    ' : `-${spec.short}, `}--${name}${spec.type === 'string' ? ` ${spec.value ?? 'TEXT'}` : ''}`
      const more = [spec.multiple === true ? 'repeatable' : '', spec.default === undefined ? '' : `default: ${spec.default}`].filter(
        (text) => text !== '',
      )
      return [flag, more.length === 0 ? spec.help : `${spec.help} (${more.join('; ')})`]
    }),
  )
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.min(40, Math.max(...rows.map(([left]) => left.length)))
  return rows.flatMap(([left, right]) => {
    const room = Math.max(24, 100 - width - 4)
    const [first = '', ...more] = wrap(right, room)
    const indent = ' '.repeat(width + 4)
    const head = left.length > width ? [`  ${left}`, `${indent}${first}`] : [`  ${left.padEnd(width)}  ${first}`]
    return [...head, ...more.map((line) => `${indent}${line}`)]
  })
}
