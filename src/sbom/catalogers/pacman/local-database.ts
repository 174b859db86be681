import { compareAlpmVersions, parseAlpmVersion } from '../../../package/alpm-version.ts'

/** An installed package as pacman's desc file has it. */
export type PacmanPackage = {
  readonly name: string
  readonly version: string
  /** The package its build made this one of; often its own name. */
  readonly base: string
  readonly architecture: string
  readonly licences: readonly string[]
  /** `name`, or `name>=version`. */
  readonly depends: readonly string[]
  readonly provides: readonly string[]
}

/** Reads the sections of a file of pacman's local database: `%NAME%`, then a value a line up to an empty one. */
export function parseSections(bytes: Uint8Array): Map<string, string[]> {
  const sections = new Map<string, string[]>()
  let values: string[] | undefined
  for (const line of new TextDecoder().decode(bytes).split('\n')) {
    const [, name] = /^%([A-Z0-9]+)%$/.exec(line) ?? []
    if (name !== undefined) {
      values = []
      sections.set(name, values)
    } else if (line === '') values = undefined
    else values?.push(line)
  }
  return sections
}

/** Reads a desc file. Undefined when it names no package and version. */
export function parseDesc(bytes: Uint8Array): PacmanPackage | undefined {
  const sections = parseSections(bytes)
  const first = (name: string): string => sections.get(name)?.[0] ?? ''
  const name = first('NAME')
  const version = first('VERSION')
  if (name === '' || version === '') return undefined
  return {
    name,
    version,
    base: first('BASE'),
    architecture: first('ARCH'),
    licences: sections.get('LICENSE') ?? [],
    depends: sections.get('DEPENDS') ?? [],
    provides: sections.get('PROVIDES') ?? [],
  }
}

type Provider = { readonly by: PacmanPackage; readonly version: string | undefined }

/** Finds the installed package that satisfies a dependency: by its own name and version, else by what it provides. */
export function createFinder(packages: readonly PacmanPackage[]): (dependency: string) => PacmanPackage | undefined {
  const byName = new Map(packages.map((one) => [one.name, one]))
  const providers = new Map<string, Provider[]>()
  for (const by of packages) {
    for (const provided of by.provides) {
      const { name, version } = splitDependency(provided)
      const known = providers.get(name)
      if (known === undefined) providers.set(name, [{ by, version }])
      else known.push({ by, version })
    }
  }
  return (dependency) => {
    const { name, operator, version } = splitDependency(dependency)
    const real = byName.get(name)
    if (real !== undefined && holds(real.version, operator, version)) return real
    // So many provide one name in no real system; what is beyond would only cost time.
    return providers
      .get(name)
      ?.slice(0, 100)
      .find((provider) => holds(provider.version, operator, version))?.by
  }
}

function splitDependency(text: string): { name: string; operator: string; version: string | undefined } {
  const at = text.search(/[<>=]/)
  if (at === -1) return { name: text.trim(), operator: '', version: undefined }
  const [operator = ''] = /^[<>]?=?/.exec(text.slice(at)) ?? []
  return { name: text.slice(0, at).trim(), operator, version: text.slice(at + operator.length).trim() }
}

/** A name that is provided without a version meets only what asks for none. */
function holds(version: string | undefined, operator: string, bound: string | undefined): boolean {
  if (bound === undefined) return true
  const left = version === undefined ? undefined : parseAlpmVersion(version)
  const right = parseAlpmVersion(bound)
  if (left === undefined || right === undefined) return false
  const order = compareAlpmVersions(left, right)
  return (order === 0 && operator.includes('=')) || (order < 0 && operator.includes('<')) || (order > 0 && operator.includes('>'))
}
