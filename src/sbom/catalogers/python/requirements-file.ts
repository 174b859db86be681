import { parseRequirement } from './requirement.ts'
import type { Requirement } from './requirement.ts'

/** A line that asks for a package. */
export type RequirementLine = {
  readonly requirement: Requirement
  readonly hashes: readonly string[]
  /** Which packages it is there for, as `pip-compile` and `uv pip compile` note it; empty when nobody says. */
  readonly via: readonly string[]
}

export type RequirementsFile = {
  readonly lines: readonly RequirementLine[]
  /** Paths after `-r` and `-c`, as written. */
  readonly includes: readonly string[]
  readonly constraints: readonly string[]
  /** Lines that ask for something that has no name here: a folder, a file, what cannot be understood. */
  readonly unnamed: readonly string[]
}

type Building = { -readonly [Key in keyof RequirementsFile]: RequirementsFile[Key][number][] }

/** Reads a requirements file (pip docs, "Requirements File Format"). Variables are not expanded, nothing is fetched. */
export function parseRequirementsFile(text: string): RequirementsFile {
  const file: Building = { lines: [], includes: [], constraints: [], unnamed: [] }
  let pending = ''
  let inVia = false
  for (const raw of text.split('\n')) {
    const line = raw.trimEnd()
    const comment = commentOf(line)
    const body = comment === undefined ? line : line.slice(0, comment).trimEnd()
    if (body.trim() !== '') {
      inVia = false
      pending += body.endsWith('\\') ? `${body.slice(0, -1)} ` : body
      // A comment ends a line that a backslash would have continued.
      if (body.endsWith('\\') && comment === undefined) continue
    }
    if (pending.trim() !== '') takeLine(file, pending.trim().replace(/\s+/g, ' '))
    pending = ''
    if (comment !== undefined) inVia = takeComment(file, line.slice(comment + 1), inVia)
  }
  if (pending.trim() !== '') takeLine(file, pending.trim().replace(/\s+/g, ' '))
  return file
}

/** Where a comment begins: at a `#` that begins the line or follows a blank. */
function commentOf(line: string): number | undefined {
  const at = line.search(/(?:^|\s)#/)
  return at === -1 ? undefined : line.indexOf('#', at)
}

/** Notes of the form `# via a, b`, or `# via` with one name on each following comment line. */
function takeComment(file: Building, comment: string, inVia: boolean): boolean {
  const last = file.lines.pop()
  if (last === undefined) return false
  const text = comment.trim()
  const starts = text === 'via' || text.startsWith('via ')
  if (!starts && !inVia) {
    file.lines.push(last)
    return false
  }
  const names = (starts ? text.slice('via'.length) : text).split(',').map((name) => name.trim())
  file.lines.push({ ...last, via: [...last.via, ...names.filter((name) => name !== '')] })
  return true
}

const OPTION = /^(-r|--requirement|-c|--constraint|-e|--editable)(?: |=|(?=[^- ]))(.*)$/

/** In: a line without its comment, each run of blanks as one. */
function takeLine(file: Building, line: string): void {
  const [, option, value = ''] = OPTION.exec(line) ?? []
  const path = value.trim()
  if (option === '-r' || option === '--requirement') file.includes.push(path)
  else if (option === '-c' || option === '--constraint') file.constraints.push(path)
  else if (option !== undefined) takeRequirement(file, path, [])
  else if (!line.startsWith('-')) {
    const [wanted = '', ...options] = line.split(/ (?=--)/)
    const hashes = options.flatMap((one) => /^--hash[=\s]\s*(\S+)$/.exec(one.trim())?.[1] ?? [])
    takeRequirement(file, wanted, hashes)
  }
}

function takeRequirement(file: Building, text: string, hashes: readonly string[]): void {
  const isAddress = /^(?:[a-z]+\+)?[a-z]+:\/\//i.test(text)
  const requirement = isAddress
    ? fromAddress(text)
    : /^[./]|[\\/]|\.(?:whl|zip|tar\.gz)$/.test(text.split(/[;@]/, 1)[0] ?? '')
      ? undefined
      : parseRequirement(text)
  if (requirement === undefined) file.unnamed.push(text)
  else file.lines.push({ requirement, hashes, via: [] })
}

/** An address names its package by `#egg=`, or by the name of its file. */
function fromAddress(text: string): Requirement | undefined {
  const [url = '', marker = ''] = text.split(/ ; ?/, 2)
  const [address = '', fragment = ''] = url.split('#', 2)
  const egg = /(?:^|&)egg=([^&[]+)/.exec(fragment)?.[1]
  const file = decodeURIComponentSafe(address.slice(address.lastIndexOf('/') + 1))
  const [, name, version] = /^(.+?)-(\d[^-]*)(?:-[^-]+-[^-]+-[^-]+)?\.(?:whl|zip|tar\.gz|tgz)$/.exec(file) ?? []
  const found = egg ?? name
  return found === undefined || parseRequirement(found) === undefined
    ? undefined
    : { name: found, extras: [], range: version === undefined ? '' : `==${version}`, url, marker }
}

function decodeURIComponentSafe(text: string): string {
  return /%(?![0-9a-f]{2})/i.test(text)
    ? text
    : text.replace(/%([0-7][0-9a-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}
