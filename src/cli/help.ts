import { COMMANDS } from './command-table.ts'
import { GLOBAL_OPTIONS } from './command.ts'
import type { Command, OptionSpec } from './command.ts'
import { hanging, wrap } from './render/layout.ts'
import type { Terminal } from './terminal.ts'

/** Help is no wider than this, however wide the terminal: longer lines are read less well. */
const WIDEST = 100
/** The left of two columns is no wider than this; what is longer stands alone. */
const LEFT = 30

/** `tally --help`: examples first, then every command by group. Reads only the command table. */
export function renderOverview(terminal: Terminal): string {
  const { style } = terminal
  const width = Math.min(terminal.columns, WIDEST)
  const lines = [
    'tally: software supply chain security with proof, from source to production',
    '',
    style('bold', 'Examples'),
    ...examples(
      [
        ['tally ship', 'check, build, sign, log, judge and promote the project here'],
        ['tally verify app.tgz --key team.pub', 'who signed and attested this file'],
        ['tally sbom oci-archive:image.tar', 'what is inside an image'],
        ['tally impact "left-pad@<1.3.0"', 'a CVE dropped: are we hit, and where'],
      ],
      terminal,
    ),
  ]
  const longest = Math.max(...Object.keys(COMMANDS).map((name) => name.length))
  for (const group of ['the chain', 'one step', 'look', 'manage'] as const) {
    const entries = Object.entries(COMMANDS).filter(([, entry]) => entry.group === group)
    const rows = entries.map(([name, { summary }]) => [name, summary] as const)
    lines.push('', style('bold', `${group.charAt(0).toUpperCase()}${group.slice(1)}`), ...table(rows, width, longest))
  }
  lines.push(
    '',
    style('bold', 'Exit codes'),
    ...hanging('  ', '0 yes, 1 no, 2 wrong question, 3 nothing there, 4 login needed, 5 could not check, 70 bug, 130 interrupted', width),
    '',
    '`tally <command> --help` explains one command.',
  )
  return lines.join('\n')
}

/** `tally <command> --help`: examples, usage, flags, and what else must be known. */
export function renderCommandHelp(command: Command, terminal: Terminal): string {
  const { style } = terminal
  const width = Math.min(terminal.columns, WIDEST)
  const lines = [`tally ${command.name}: ${command.summary}`, '', style('bold', 'Examples'), ...examples(command.examples, terminal)]
  lines.push('', style('bold', 'Usage'), ...command.usage.flatMap((line) => usageLines(line, command.name, width)))
  if (Object.keys(command.options).length > 0) lines.push('', style('bold', 'Flags'), ...table(optionRows(command.options), width))
  lines.push('', style('bold', 'Flags of every command'), ...table(optionRows(GLOBAL_OPTIONS), width))
  for (const note of [...(command.notes ?? []), ...variableNotes(command)]) lines.push('', ...wrap(note, width))
  return lines.join('\n')
}

/** What it is for, then the line to type: both can be longer than half a terminal. */
function examples(rows: readonly (readonly [line: string, what: string])[], { style, columns }: Terminal): string[] {
  return rows.flatMap(([line, what]) => {
    const parts = wrapKeeping(line, /(?<=\s--?[a-z][a-z-]*) (?=[^\s-])/g, Math.min(columns, WIDEST) - 6)
    return [
      `  ${style('dim', `# ${what}`)}`,
      ...parts.map((part, at) => `${at === 0 ? '  ' : '    '}${part}${at === parts.length - 1 ? '' : ' \\'}`),
    ]
  })
}

function usageLines(line: string, name: string, width: number): string[] {
  const start = `tally ${name} `
  if (!line.startsWith(start)) return [`  ${line}`]
  const parts = wrapKeeping(line.slice(start.length), / (?=[^[]*\])/g, width - start.length - 2)
  return parts.map((part, at) => `  ${at === 0 ? start : ' '.repeat(start.length)}${part}`)
}

/** Wraps without breaking at the spaces that `kept` matches: between a flag and its value, within brackets. */
function wrapKeeping(line: string, kept: RegExp, width: number): string[] {
  return wrap(line.replaceAll(kept, '\u00a0'), width).map((part) => part.replaceAll('\u00a0', ' '))
}

/** Flags are variables too; the few that are not, or have another name, are said. */
function variableNotes({ options }: Command): string[] {
  const renamed = Object.entries(options).filter(([, spec]) => spec.env !== undefined)
  return [
    `A flag can also be given as a variable: TALLY_FORMAT for --format. The flag wins.${renamed.map(([name, { env }]) => ` --${name} is ${env}.`).join('')}`,
  ]
}

function optionRows(options: Readonly<Record<string, OptionSpec>>): readonly (readonly [string, string])[] {
  return Object.entries(options).map(([name, spec]) => {
    const short = spec.short === undefined ? '    ' : `-${spec.short}, `
    const flag = `${short}--${name}${spec.type === 'string' ? ` ${spec.value ?? 'TEXT'}` : ''}`
    const more = [
      ...(spec.multiple === true ? ['repeatable'] : []),
      ...(spec.default === undefined ? [] : [`default: ${spec.default}`]),
      ...(spec.noEnv === true && name !== 'help' ? ['no variable'] : []),
    ]
    return [flag, more.length === 0 ? spec.help : `${spec.help} (${more.join('; ')})`]
  })
}

function table(
  rows: readonly (readonly [string, string])[],
  width: number,
  left = Math.min(LEFT, Math.max(...rows.map(([text]) => text.length))),
): string[] {
  return rows.flatMap(([text, right]) => {
    if (text.length <= left) return hanging(`  ${text.padEnd(left)}  `, right, width)
    return [`  ${text}`, ...hanging(' '.repeat(left + 4), right, width)]
  })
}
