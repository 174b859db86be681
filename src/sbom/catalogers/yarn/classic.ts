import { addToGroup } from '../../../kernel/groups.ts'
import { textOf } from '../../../kernel/bytes.ts'
import { overLimit } from '../../../kernel/bytes.ts'
import { fail } from '../../../kernel/errors.ts'
import { LIMITS } from '../../../kernel/limits.ts'
import { joinPath } from '../../path.ts'
import { readQuoted } from '../../text/flow-yaml.ts'
import type { JsLock, JsPackage } from '../npm/js-lock.ts'
import { resolveWanted } from './wanted.ts'
import type { Wanted, YarnProject } from './wanted.ts'

type Entry = {
  readonly descriptors: readonly string[]
  readonly fields: Map<string, string>
  readonly sections: Map<string, Map<string, string>>
}

/**
 * Reads yarn.lock of version 1, which lists no projects: they come from package.json. In: the bytes, their path and folder in the
 * target, the projects. Throws `artifact-malformed`, `limit-exceeded`. Source: the grammar of yarn 1's own parser.
 */
export function parseYarnClassic(bytes: Uint8Array, where: string, directory: string, projects: readonly YarnProject[]): JsLock {
  if (bytes.byteLength > LIMITS.lockfileBytes) throw overLimit('lockfileBytes', LIMITS.lockfileBytes, where)
  const entries = readEntries(textOf(bytes, 'artifact-malformed', where), where)
  const keyOf = new Map<string, string>()
  const byName = new Map<string, string[]>()
  for (const { descriptors } of entries) {
    const key = descriptors[0] ?? ''
    for (const descriptor of descriptors) keyOf.set(descriptor, key)
    const name = nameOf(key)
    addToGroup(byName, name, key)
  }
  const find = resolveWanted(projects, (name, range) => keyOf.get(`${name}@${range}`), byName)
  const packages = new Map<string, JsPackage>()
  for (const entry of entries) packages.set(entry.descriptors[0] ?? '', packageOf(entry, directory, find))
  return { packages, projects: projects.map((project) => ({ directory: project.directory, needs: project.wants.flatMap(find) })) }
}

function packageOf(entry: Entry, directory: string, find: (wanted: Wanted) => { to: string; kind: Wanted['kind'] }[]): JsPackage {
  const descriptor = entry.descriptors[0] ?? ''
  const alias = nameOf(descriptor)
  const range = descriptor.slice(alias.length + 1)
  const [resolved, hash] = (entry.fields.get('resolved') ?? '').split('#', 2)
  const isGit = resolved !== undefined && /^git|\.git$/.test(resolved)
  const origin = isGit && hash !== undefined ? `${resolved.startsWith('git') ? '' : 'git+'}${resolved}#${hash}` : resolved
  const integrity = entry.fields.get('integrity') ?? (isGit || hash === undefined ? undefined : sha1Integrity(hash))
  const folder = /^(?:file|link):(.*)$/.exec(range)?.[1]
  const needs = [...entry.sections].flatMap(([section, pairs]) => {
    const kind = section === 'optionalDependencies' ? 'optional' : 'required'
    return [...pairs].flatMap(([name, wanted]) => find({ name, range: wanted, kind }))
  })
  return {
    name: range.startsWith('npm:') ? nameOf(range.slice('npm:'.length)) || alias : alias,
    version: entry.fields.get('version') ?? '',
    needs,
    ...(origin === undefined || origin === '' ? {} : { resolved: origin }),
    ...(integrity === undefined ? {} : { integrity }),
    ...(folder === undefined || /\.(?:tgz|tar\.gz)$/.test(folder) ? {} : { directory: joinPath(directory, folder) }),
  }
}

/** The name before the range of `name@range`; empty for what begins with a range. */
function nameOf(descriptor: string): string {
  const at = descriptor.indexOf('@', 1)
  return at === -1 ? (/^[@a-z]/i.test(descriptor) ? descriptor : '') : descriptor.slice(0, at)
}

function sha1Integrity(hex: string): string | undefined {
  return /^[0-9a-f]{40}$/.test(hex) ? `sha1-${Buffer.from(hex, 'hex').toString('base64')}` : undefined
}

/** Entries begin at the margin, their fields two spaces in, and what a field lists four. */
function readEntries(text: string, where: string): Entry[] {
  const entries: Entry[] = []
  let section: Map<string, string> | undefined
  for (const [at, raw] of text.split('\n').entries()) {
    const line = raw.trimEnd()
    const body = line.trimStart()
    if (body === '' || body.startsWith('#')) continue
    const refuse = (why: string): Error => fail('artifact-malformed', `is not a lockfile of yarn: ${why}`, { where: `${where}:${at + 1}` })
    const indent = line.length - body.length
    const words = wordsOf(body)
    if (words === undefined) throw refuse('a line cannot be understood')
    const opens = body.endsWith(':')
    const entry = entries.at(-1)
    if (indent === 0) {
      if (!opens || words.length === 0) throw refuse('an entry does not end with a colon')
      entries.push({ descriptors: words, fields: new Map(), sections: new Map() })
      section = undefined
    } else if (indent === 2 && entry !== undefined && opens && words.length === 1) {
      section = new Map()
      entry.sections.set(words[0] ?? '', section)
    } else if (words.length === 2 && !opens && entry !== undefined && (indent === 2 || (indent === 4 && section !== undefined))) {
      const pairs = indent === 2 ? entry.fields : section
      pairs?.set(words[0] ?? '', words[1] ?? '')
    } else throw refuse('a line stands where none is expected')
  }
  return entries
}

/** The words of a line, quoted or bare, without commas between them and the colon after them. Undefined for a quote that does not end. */
function wordsOf(line: string): string[] | undefined {
  const words: string[] = []
  let at = 0
  while (at < line.length) {
    const unit = line[at] ?? ''
    if (unit === ' ' || unit === ',' || (unit === ':' && at === line.length - 1)) at += 1
    else if (unit === '"') {
      const quoted = readQuoted(line, at)
      if (quoted === undefined) return undefined
      words.push(quoted.value)
      at = quoted.end
    } else {
      let end = at
      while (end < line.length && !' ,'.includes(line[end] ?? '') && !(line[end] === ':' && end === line.length - 1)) end += 1
      words.push(line.slice(at, end))
      at = end
    }
  }
  return words
}
