/** What a METADATA or PKG-INFO file says (core metadata specifications, PyPA). */
export type PythonMetadata = {
  readonly name?: string
  readonly version?: string
  readonly licenceExpression?: string
  readonly licence?: string
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
  return {
    ...(name === undefined ? {} : { name }),
    ...(version === undefined ? {} : { version }),
    ...(licenceExpression === undefined ? {} : { licenceExpression }),
    ...(licence === undefined ? {} : { licence }),
    classifiers: fields.get('classifier') ?? [],
    requires: [...(fields.get('requires-dist') ?? []), ...(fields.get('requires') ?? [])],
  }
}
