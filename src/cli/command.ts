import type { Terminal } from './terminal.ts'
import type { Deps } from '../kernel/deps.ts'

/** One flag of a command. Every flag can also be given as the variable TALLY_<NAME> (upper case, `-` as `_`, or `env`); the flag wins. */
export type OptionSpec = {
  readonly type: 'string' | 'boolean'
  readonly help: string
  /** Placeholder of the value in help, e.g. FILE. */
  readonly value?: string
  readonly short?: string
  readonly multiple?: boolean
  /** Text of the default for help; the command applies it. */
  readonly default?: string
  /** The only values it may have. */
  readonly choices?: readonly string[]
  /** Not read from the environment (a value that must be spelled out each time). */
  readonly noEnv?: boolean
  /** Another variable than TALLY_<NAME>, where the same flag means something else to another command. */
  readonly env?: string
}

export type Flags = {
  readonly text: (name: string) => string | undefined
  readonly list: (name: string) => readonly string[]
  readonly on: (name: string) => boolean
  /** The names of those that were written on the command line, and not only set by a variable. */
  readonly written: readonly string[]
}

/** What a command is given: flags, words, the world and the terminal. */
export type Context = {
  readonly flags: Flags
  readonly words: readonly string[]
  /** Everything after `--`. */
  readonly rest: readonly string[]
  readonly deps: Deps
  readonly terminal: Terminal
  /** Where it was started, or --project. Absolute. */
  readonly cwd: string
  readonly stdin: () => AsyncIterable<Uint8Array>
}

export type Command = {
  readonly name: string
  readonly summary: string
  readonly usage: readonly string[]
  readonly examples: readonly (readonly [command: string, what: string])[]
  readonly options: Readonly<Record<string, OptionSpec>>
  readonly words: { readonly min: number; readonly max: number; readonly names: string }
  /** Flags other tools know for this verb that tally refuses by name, with the reason. */
  readonly refused?: Readonly<Record<string, string>>
  /** Whether words after `--` are taken. */
  readonly takesRest?: boolean
  readonly notes?: readonly string[]
  /** Returns the exit code. Result on stdout, the rest on stderr. */
  readonly run: (context: Context) => Promise<number>
}

/** Marks a value as a command; gives literal types their checks. */
export function defineCommand(command: Command): Command {
  return command
}

/** Flags every command has. */
export const GLOBAL_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  help: { type: 'boolean', short: 'h', help: 'show help', noEnv: true },
  'data-dir': { type: 'string', value: 'DIR', help: 'where keys, log, evidence and the database are kept', default: 'XDG data directory' },
  project: { type: 'string', short: 'C', value: 'DIR', help: 'work as if started in DIR' },
  offline: { type: 'boolean', help: 'make no network call at all' },
  color: { type: 'string', value: 'WHEN', choices: ['auto', 'always', 'never'], help: 'colour: auto, always or never', default: 'auto' },
  quiet: { type: 'boolean', short: 'q', help: 'no progress on stderr' },
  verbose: { type: 'boolean', short: 'v', help: 'more progress on stderr' },
}

export const FORMAT_TEXT_JSON: OptionSpec = {
  type: 'string',
  short: 'f',
  value: 'FORMAT',
  choices: ['text', 'json'],
  help: 'text or json',
  default: 'text',
}
