import type { Party } from '../../model.ts'
import { partyFrom } from '../../party.ts'

/** What a METADATA or PKG-INFO file says (core metadata specifications, PyPA). */
export type PythonMetadata = {
  readonly name?: string
  readonly version?: string
  readonly licenceExpression?: string
  readonly licence?: string
  readonly producer?: Party
  readonly classifiers: readonly string[]
  readonly requires: readonly string[]
}

/** Reads the header fields; the description behind them is not looked at. Field names are compared without case. */
export function parseMetadata(text: string): PythonMetadata {
  const fields = new Map<string, string[]>()
  let last: string[] | undefined
  for (const raw of text.split('\n')) {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw
    if (line === '') break
    if (/^[ \t]/.test(line)) {
      if (last !== undefined) last.push(`${last.pop() ?? ''}\n${line.trim()}`)
      continue
    }
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(0, colon)).toLowerCase()
    last = fields.get(name) ?? []
    last.push(line.slice(colon + 1).trim())
    fields.set(name, last)
  }
  const first = (name: string): string | undefined => fields.get(name)?.find((value) => value !== '' && value !== 'UNKNOWN')
  const name = first('name')
  const version = first('version')
  const licenceExpression = first('license-expression')
  const licence = first('license')
  const producer = producerFrom(first)
  return {
    ...(name === undefined ? {} : { name }),
    ...(version === undefined ? {} : { version }),
    ...(licenceExpression === undefined ? {} : { licenceExpression }),
    ...(licence === undefined ? {} : { licence }),
    ...(producer === undefined ? {} : { producer }),
    classifiers: fields.get('classifier') ?? [],
    requires: [...(fields.get('requires-dist') ?? []), ...(fields.get('requires') ?? [])],
  }
}

/** The author, else who maintains it. Newer tools write `Name <e-mail>` into the field of the e-mail; of several the first counts. */
function producerFrom(first: (name: string) => string | undefined): Party | undefined {
  for (const role of ['author', 'maintainer']) {
    const email = firstAddress(first(`${role}-email`) ?? '')
    const name = first(role)
    if (email.includes('<')) return partyFrom(email)
    const found = partyFrom(`${(name ?? '').split(',', 1)[0] ?? ''} <${email}>`)
    if (found !== undefined) return found
  }
  return undefined
}

/** `Name, Inc. <a@host>` of a list of such, or the first of bare addresses. */
function firstAddress(list: string): string {
  const close = list.indexOf('>')
  return close === -1 ? (list.split(',', 1)[0] ?? '') : list.slice(0, close + 1)
}
