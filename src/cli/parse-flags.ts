import { GLOBAL_OPTIONS } from './command.ts'
import type { Command, Flags, OptionSpec } from './command.ts'
import { fail } from '../kernel/errors.ts'

export type ParsedLine = { readonly flags: Flags; readonly words: readonly string[]; readonly rest: readonly string[] }

/**
 * Reads the words after the command's name. In: the command, its words, the environment (TALLY_<FLAG> variables count as
 * flags given first). Throws `usage` for what is unknown, doubled, missing or out of its choices, `flag-unsupported` for
 * flags of other tools that are refused by name.
 */
export function parseLine(command: Command, argv: readonly string[], env: Readonly<Record<string, string | undefined>>): ParsedLine {
  const specs: Record<string, OptionSpec> = { ...command.options }
  for (const [name, spec] of Object.entries(GLOBAL_OPTIONS)) specs[name] ??= spec
  const shorts = new Map<string, string>()
  for (const [name, spec] of Object.entries(specs)) if (spec.short !== undefined) shorts.set(spec.short, name)

  const given = new Map<string, string[]>()
  const words: string[] = []
  let rest: readonly string[] = []
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? ''
    if (word === '--') {
      rest = argv.slice(at + 1)
      if (command.takesRest !== true) {
        words.push(...rest)
        rest = []
      }
      break
    }
    if (word === '-' || !word.startsWith('-')) {
      words.push(word)
      continue
    }
    const flag = splitFlag(word, shorts)
    const spec = Object.hasOwn(specs, flag.name) ? specs[flag.name] : undefined
    if (spec === undefined) throw unknownFlag(command, word, flag.name, Object.keys(specs))
    if (spec.type === 'boolean') {
      if (flag.value !== undefined && flag.value !== 'true' && flag.value !== 'false') {
        throw fail('usage', `takes no value`, { where: `--${flag.name}` })
      }
      given.set(flag.name, [flag.value ?? 'true'])
      continue
    }
    let value = flag.value
    if (value === undefined) {
      at += 1
      value = argv[at] ?? ''
      if (value.startsWith('-') && value !== '-')
        throw fail('usage', `needs a value (${spec.value ?? 'TEXT'}), and \`${value}\` looks like a flag`, {
          where: `--${flag.name}`,
          hint: `if it is meant, write --${flag.name}=${value}`,
        })
    }
    if (value === '') throw fail('usage', `needs a value (${spec.value ?? 'TEXT'})`, { where: `--${flag.name}`, hint: helpHint(command) })
    const before = given.get(flag.name)
    if (before !== undefined && spec.multiple !== true) throw fail('usage', 'was given twice', { where: `--${flag.name}` })
    given.set(flag.name, [...(before ?? []), value])
  }
  checkChoices(specs, given, (name, value) => `--${name} ${value}`)
  const variables = fromEnvironment(specs, given, env)
  checkChoices(specs, variables, (name, value) => `${variableOf(name, specs[name])}=${value}`)
  const written = [...given.keys()]
  for (const [name, values] of variables) given.set(name, values)
  if (given.get('help')?.[0] !== 'true') checkWords(command, words)
  return { flags: flagsOf(given, written), words, rest }
}

function splitFlag(word: string, shorts: ReadonlyMap<string, string>): { name: string; value: string | undefined } {
  if (word.startsWith('--')) {
    const equals = word.indexOf('=')
    return equals === -1 ? { name: word.slice(2), value: undefined } : { name: word.slice(2, equals), value: word.slice(equals + 1) }
  }
  const name = shorts.get(word.slice(1, 2)) ?? word.slice(1)
  const value = word.length > 2 && shorts.has(word.slice(1, 2)) ? word.slice(2).replace(/^=/, '') : undefined
  return { name, value }
}

function unknownFlag(command: Command, word: string, name: string, known: readonly string[]): Error {
  const reason = command.refused !== undefined && Object.hasOwn(command.refused, name) ? command.refused[name] : undefined
  if (reason !== undefined) return fail('flag-unsupported', reason, { where: `--${name}`, hint: helpHint(command) })
  const near = nearest(name, known)
  const hint = near === undefined ? helpHint(command) : `did you mean --${near}? ${helpHint(command)}`
  return fail('usage', `is not a flag of \`tally ${command.name}\``, { where: word.split('=')[0] ?? word, hint })
}

function helpHint(command: Command): string {
  return `see \`tally ${command.name} --help\``
}

/** The variable a flag is read from; undefined for one that must be spelled out. */
export function variableOf(name: string, spec: OptionSpec | undefined): string | undefined {
  return spec?.noEnv === true ? undefined : (spec?.env ?? `TALLY_${name.toUpperCase().replaceAll('-', '_')}`)
}

function fromEnvironment(
  specs: Readonly<Record<string, OptionSpec>>,
  given: ReadonlyMap<string, string[]>,
  env: Readonly<Record<string, string | undefined>>,
): ReadonlyMap<string, string[]> {
  const found = new Map<string, string[]>()
  for (const [name, spec] of Object.entries(specs)) {
    const variable = variableOf(name, spec)
    const value = variable === undefined || given.has(name) ? undefined : env[variable]
    if (value === undefined || value === '') continue
    if (spec.type === 'boolean') found.set(name, [String(readSwitch(value, `${variable}=${value}`))])
    else found.set(name, spec.multiple === true ? value.split(',') : [value])
  }
  return found
}

/** A variable that switches something on must say so: `no` and a slip of the pen are not taken for a yes. */
function readSwitch(value: string, where: string): boolean {
  if (/^(?:1|true|yes|on)$/i.test(value)) return true
  if (/^(?:0|false|no|off)$/i.test(value)) return false
  throw fail('usage', 'is neither 1 nor 0', { where })
}

function checkChoices(
  specs: Readonly<Record<string, OptionSpec>>,
  given: ReadonlyMap<string, string[]>,
  where: (name: string, value: string) => string,
): void {
  for (const [name, values] of given) {
    const choices = specs[name]?.choices
    if (choices === undefined) continue
    for (const value of values) {
      if (!choices.includes(value)) throw fail('usage', `is none of ${choices.join(', ')}`, { where: where(name, value) })
    }
  }
}

function checkWords(command: Command, words: readonly string[]): void {
  if (words.length < command.words.min) {
    throw fail('usage', `needs ${command.words.names}`, {
      where: `tally ${command.name}`,
      hint: `${command.usage[0] ?? ''} (${helpHint(command)})`,
    })
  }
  const extra = words[command.words.max]
  if (extra !== undefined) throw fail('usage', 'is one word too many', { where: extra, hint: helpHint(command) })
}

function flagsOf(given: ReadonlyMap<string, string[]>, written: readonly string[]): Flags {
  return {
    text: (name) => given.get(name)?.[0],
    list: (name) => given.get(name) ?? [],
    on: (name) => given.get(name)?.[0] === 'true',
    written,
  }
}

/** The closest known word within two edits, for "did you mean". */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined
  let bestDistance = 3
  for (const candidate of known) {
    const distance = editDistance(word, candidate, bestDistance)
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

function editDistance(a: string, b: string, cap: number): number {
  if (a.length > 64 || Math.abs(a.length - b.length) >= cap) return cap
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? cap
}
