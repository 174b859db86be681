import { textOf } from '../../../kernel/bytes.ts'

/** A stanza of dpkg's database: the fields that an SBOM needs (deb-control(5), dpkg status file). */
export type DpkgPackage = {
  readonly name: string
  readonly version: string
  readonly architecture: string
  /** Name and version of the source package, where they differ from the binary's. */
  readonly source?: { readonly name: string; readonly version?: string }
  /** `Pre-Depends` and `Depends`, as written. */
  readonly depends: string
  readonly provides: string
  readonly maintainer: string
}

/** Files of a package are on disk in every state but these. */
const ABSENT = new Set(['not-installed', 'config-files'])

/**
 * Reads /var/lib/dpkg/status, or a file of status.d (which has no Status line). Packages whose files are not there are left
 * out. Throws `artifact-malformed` for bytes that are not UTF-8.
 */
export function parseDpkgStatus(bytes: Uint8Array, where: string): DpkgPackage[] {
  const packages: DpkgPackage[] = []
  for (const stanza of stanzasOf(textOf(bytes, 'artifact-malformed', where))) {
    const name = stanza.get('package')
    const version = stanza.get('version')
    const state = (stanza.get('status') ?? 'install ok installed').split(' ').at(-1) ?? ''
    if (name === undefined || version === undefined || ABSENT.has(state)) continue
    const source = parseSource(stanza.get('source'))
    packages.push({
      name,
      version,
      architecture: stanza.get('architecture') ?? '',
      ...(source === undefined ? {} : { source }),
      depends: [stanza.get('pre-depends'), stanza.get('depends')].filter((list) => list !== undefined).join(', '),
      provides: stanza.get('provides') ?? '',
      maintainer: stanza.get('maintainer') ?? '',
    })
  }
  return packages
}

/** `Source: name` or `Source: name (version)`. */
function parseSource(field: string | undefined): { name: string; version?: string } | undefined {
  if (field === undefined || field === '') return undefined
  const open = field.indexOf('(')
  if (open === -1) return { name: field.trim() }
  return {
    name: field.slice(0, open).trim(),
    version: field
      .slice(open + 1)
      .replace(')', '')
      .trim(),
  }
}

const KEPT = new Set(['package', 'version', 'architecture', 'source', 'status', 'depends', 'pre-depends', 'provides', 'maintainer'])

/** Stanzas of `Field: value`, continued by lines that begin with white space; keys in lower case. */
function* stanzasOf(text: string): Generator<ReadonlyMap<string, string>> {
  let fields = new Map<string, string>()
  let field = ''
  for (const line of text.split('\n')) {
    if (line.trim() === '') {
      if (fields.size > 0) yield fields
      fields = new Map()
      field = ''
    } else if (line.startsWith(' ') || line.startsWith('\t')) {
      const value = fields.get(field)
      if (value !== undefined) fields.set(field, `${value} ${line.trim()}`)
    } else {
      const colon = line.indexOf(':')
      field = line.slice(0, Math.max(0, colon)).toLowerCase()
      if (KEPT.has(field)) fields.set(field, line.slice(colon + 1).trim())
    }
  }
  if (fields.size > 0) yield fields
}
